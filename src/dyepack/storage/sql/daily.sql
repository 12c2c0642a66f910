-- Entries by day and kind since an instant; a day is its first microsecond, in UTC.
-- 1: microseconds that the days begin before UTC's; 2: the instant.
SELECT day, kind, count(*) AS entries
FROM (
    SELECT t - (t + ?) % 86400000000 AS day, kind
    FROM entries
    WHERE t >= ?
) AS dated
GROUP BY day, kind
ORDER BY day, kind
