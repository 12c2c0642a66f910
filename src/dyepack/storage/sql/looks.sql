-- Who looked at these aliases: every entry that concerns one of them.
-- 1: the aliases, a list.
SELECT *
FROM entries
WHERE arrays_overlap(subj, ?)
ORDER BY idx
