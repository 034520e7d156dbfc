-- What the report asks of the ledger. `chosen` are the runs that were asked for; each question below begins with its name.

-- chosen
SELECT *
FROM run_summary
WHERE rehearsal = $rehearsals
    AND ($since::DATE IS NULL OR started_at::DATE >= $since::DATE)
    AND ($until::DATE IS NULL OR started_at::DATE <= $until::DATE)
    AND ($profile::VARCHAR IS NULL OR profile = $profile)
    AND ($template::VARCHAR IS NULL OR template = $template);

-- totals
SELECT
    count(*) AS runs,
    count(*) FILTER (state = 'success') AS success,
    count(*) FILTER (state = 'degraded') AS degraded,
    count(*) FILTER (state = 'failed') AS failed,
    count(*) FILTER (state = 'stopped') AS stopped,
    count(*) FILTER (state = 'open') AS open,
    count(*) FILTER (state IN ('success', 'degraded', 'failed')) AS judged,
    wilson_low(count(*) FILTER (state = 'success'), judged) AS rate_low,
    wilson_high(count(*) FILTER (state = 'success'), judged) AS rate_high,
    coalesce(sum(cost_usd), 0) AS spent_usd,
    coalesce(sum(open_usd), 0) AS open_usd,
    coalesce(sum(duration_s) FILTER (state IN ('success', 'degraded')), 0) AS film_s,
    median(cost_usd) FILTER (state IN ('success', 'degraded')) AS film_usd,
    median(seconds) FILTER (state IN ('success', 'degraded')) AS seconds_p50,
    quantile_cont(seconds, 0.95) FILTER (state IN ('success', 'degraded')) AS seconds_p95,
    min(started_at) AS first_at,
    max(started_at) AS last_at
FROM chosen;

-- project
SELECT spent_usd, open_usd FROM budget WHERE scope = 'all';

-- by_day
SELECT s.day, s.engine, sum(s.cost_usd) AS cost_usd
FROM spending s
SEMI JOIN chosen USING (run)
GROUP BY s.day, s.engine
HAVING sum(s.cost_usd) > 0
ORDER BY s.day, s.engine;

-- by_phase
SELECT phase, sum(calls)::BIGINT AS calls, sum(failed_calls)::BIGINT AS failed, sum(seconds) AS seconds, sum(cost_usd) AS cost_usd
FROM cost_by_phase
SEMI JOIN chosen USING (run)
GROUP BY phase
ORDER BY cost_usd DESC, seconds DESC;

-- by_engine
SELECT
    engine,
    role,
    count(*) AS calls,
    count(*) FILTER (state = 'failed') AS failed,
    sum(cost_usd) AS cost_usd,
    coalesce(sum(cost_usd) FILTER (state = 'failed'), 0) AS failed_usd,
    avg(cost_usd) FILTER (state = 'settled') AS usd_per_call,
    median(seconds) FILTER (state = 'settled') AS seconds_p50,
    quantile_cont(seconds, 0.95) FILTER (state = 'settled') AS seconds_p95
FROM spending
SEMI JOIN chosen USING (run)
GROUP BY engine, role
ORDER BY cost_usd DESC, calls DESC;

-- by_template
SELECT
    template,
    count(*) AS runs,
    count(*) FILTER (state IN ('success', 'degraded')) AS films,
    sum(cost_usd) AS cost_usd,
    median(cost_usd) FILTER (state IN ('success', 'degraded')) AS film_usd,
    median(seconds) FILTER (state IN ('success', 'degraded')) AS seconds_p50
FROM chosen
GROUP BY template
ORDER BY cost_usd DESC, runs DESC;

-- by_profile
SELECT
    profile,
    count(*) AS runs,
    count(*) FILTER (state = 'success') AS success,
    count(*) FILTER (state = 'degraded') AS degraded,
    count(*) FILTER (state = 'failed') AS failed,
    count(*) FILTER (state IN ('success', 'degraded', 'failed')) AS judged,
    wilson_low(count(*) FILTER (state = 'success'), judged) AS rate_low,
    wilson_high(count(*) FILTER (state = 'success'), judged) AS rate_high,
    median(cost_usd) FILTER (state IN ('success', 'degraded')) AS film_usd,
    max(cost_usd) AS most_usd,
    max_by(cap_usd, started_at) AS cap_usd,
    count(*) FILTER (cost_usd > cap_usd) AS over_cap,
    median(seconds) FILTER (state IN ('success', 'degraded')) AS seconds_p50,
    quantile_cont(seconds, 0.95) FILTER (state IN ('success', 'degraded')) AS seconds_p95
FROM chosen
GROUP BY profile
ORDER BY runs DESC;

-- troubles
SELECT
    coalesce(t.error, t.engine || ' did not deliver', t.state) AS what,
    t.phase,
    t.state,
    count(DISTINCT t.run) AS runs,
    max_by(t.run, t.started_at) AS last_run,
    max_by(t.reason, t.started_at) AS reason
FROM troubles t
SEMI JOIN chosen USING (run)
GROUP BY ALL
ORDER BY runs DESC, last_run DESC
LIMIT 20;

-- quality
SELECT
    engine,
    name,
    coalesce(stage, 'film') AS stage,
    unit,
    direction,
    implementation,
    version,
    count(DISTINCT run) AS films,
    count(value) AS measured,
    count(*) - count(value) AS missing,
    median(value) AS middle,
    quantile_cont(value, 0.1) AS low,
    quantile_cont(value, 0.9) AS high
FROM quality
SEMI JOIN chosen USING (run)
WHERE engine IS NOT NULL
GROUP BY engine, name, coalesce(stage, 'film'), unit, direction, implementation, version
ORDER BY name, stage, implementation, version, engine;

-- steps
SELECT
    step,
    count(*) AS times,
    median(seconds) AS seconds_p50,
    quantile_cont(seconds, 0.95) AS seconds_p95,
    max(seconds) AS longest,
    max_by(run, seconds) AS longest_run,
    sum(seconds) AS seconds
FROM steps
SEMI JOIN chosen USING (run)
GROUP BY step
ORDER BY seconds DESC
LIMIT 15;

-- savings
SELECT
    engine,
    role,
    count(*) AS calls,
    coalesce(sum(saved_usd), 0) AS saved_usd,
    count(*) FILTER (priced_by = 'the same call') AS by_same,
    count(*) FILTER (priced_by = 'calls alike') AS by_alike,
    count(*) FILTER (priced_by IS NULL) AS unpriced
FROM cache_savings
SEMI JOIN chosen USING (run)
GROUP BY engine, role
ORDER BY saved_usd DESC, calls DESC;

-- films
WITH measured AS (
    SELECT *
    FROM quality
    SEMI JOIN (FROM chosen WHERE film IS NOT NULL) USING (run)
    WHERE name = $measure
        AND direction IN ('higher', 'lower')
        AND coalesce(stage, 'film') = 'film'
        AND value IS NOT NULL
),
-- What different versions measured can't be ranked together: the one that most films have counts.
usual AS (
    SELECT implementation, version FROM measured GROUP BY ALL ORDER BY count(DISTINCT run) DESC, version DESC LIMIT 1
),
scored AS (
    SELECT
        run,
        any_value(unit) AS unit,
        avg(value) AS value,
        row_number() OVER (ORDER BY avg(value) * if(any_value(direction) = 'higher', -1, 1), run) AS place,
        count(*) OVER () AS films
    FROM measured
    SEMI JOIN usual USING (implementation, version)
    GROUP BY run
)
SELECT c.run, c.template, c.video_engine, c.state, c.cost_usd, c.seconds, c.film, s.value, s.unit, s.place, s.films
FROM scored s
JOIN chosen c USING (run)
WHERE s.place <= $count OR s.place > s.films - $count
ORDER BY s.place;
