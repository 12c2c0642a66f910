-- Every entry of one kind: what was revealed, which copies were marked.
-- 1: the kind.
SELECT *
FROM entries
WHERE kind = ?
ORDER BY idx
