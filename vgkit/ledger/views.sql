-- What people ask most. Amounts come from `calls` alone, so that no total can disagree with another. Where runs are summed
-- or compared, rehearsals are left out, since their money is not real; where each stands in its own row, it is marked.

CREATE VIEW call_totals AS
SELECT
    run,
    count(*) AS calls,
    count(*) FILTER (state = 'cached') AS cached_calls,
    count(*) FILTER (state = 'failed') AS failed_calls,
    coalesce(sum(cost_usd), 0) AS spent_usd,
    coalesce(sum(estimate_usd) FILTER (state IN ('reserved', 'submitted')), 0) AS open_usd
FROM calls
GROUP BY run;

-- Reserved or sent, with no end on record: at work now, or left by a crash and to be taken up or canceled.
CREATE VIEW open_calls AS
SELECT run, rehearsal, call, state, phase, subject, engine, host, prediction, estimate_usd, reserved_at AS since
FROM calls
WHERE state IN ('reserved', 'submitted');

CREATE VIEW run_summary AS
SELECT
    r.run,
    r.state,
    r.rehearsal,
    r.started_at,
    r.seconds,
    r.profile,
    r.template,
    r.video_engine,
    r.duration_s,
    r.aspect,
    r.seed,
    coalesce(t.spent_usd, 0) AS cost_usd,
    coalesce(t.open_usd, 0) AS open_usd,
    r.cap_usd,
    coalesce(t.spent_usd, 0) / r.duration_s AS usd_per_film_second,
    coalesce(t.calls, 0) AS calls,
    coalesce(t.cached_calls, 0) AS cached_calls,
    coalesce(t.failed_calls, 0) AS failed_calls,
    (SELECT count(DISTINCT p.phase) FROM phases p WHERE p.run = r.run AND p.state = 'finished') AS phases_finished,
    (SELECT count(DISTINCT f.subject) FROM fallbacks f WHERE f.run = r.run AND f.latest) AS fallbacks,
    r.film,
    r.message
FROM runs r
LEFT JOIN call_totals t USING (run);

CREATE VIEW cost_by_phase AS
WITH paid AS (
    SELECT
        run,
        phase,
        count(*) AS calls,
        count(*) FILTER (state = 'cached') AS cached_calls,
        count(*) FILTER (state = 'failed') AS failed_calls,
        coalesce(sum(cost_usd), 0) AS cost_usd
    FROM calls
    GROUP BY run, phase
),
took AS (
    SELECT run, phase, count(*) FILTER (state <> 'skipped') AS attempts, sum(seconds) AS seconds
    FROM phases
    GROUP BY run, phase
)
SELECT
    coalesce(t.run, p.run) AS run,
    coalesce(t.phase, p.phase) AS phase,
    coalesce(t.attempts, 0) AS attempts,
    t.seconds,
    coalesce(p.calls, 0) AS calls,
    coalesce(p.cached_calls, 0) AS cached_calls,
    coalesce(p.failed_calls, 0) AS failed_calls,
    coalesce(p.cost_usd, 0) AS cost_usd,
    r.rehearsal
FROM took t
FULL JOIN paid p ON t.run = p.run AND t.phase IS NOT DISTINCT FROM p.phase
JOIN runs r ON r.run = coalesce(t.run, p.run);

CREATE VIEW cost_by_engine AS
SELECT
    engine || '@' || host AS engine,
    role,
    version,
    count(DISTINCT run) AS runs,
    count(*) AS calls,
    count(*) FILTER (state = 'settled') AS settled_calls,
    count(*) FILTER (state = 'failed') AS failed_calls,
    count(*) FILTER (state = 'cached') AS cached_calls,
    coalesce(sum(cost_usd), 0) AS cost_usd,
    coalesce(sum(cost_usd) FILTER (state = 'failed'), 0) AS failed_usd,
    avg(cost_usd) FILTER (state = 'settled') AS usd_per_call,
    median(seconds) FILTER (state = 'settled') AS seconds_per_call
FROM calls
WHERE NOT rehearsal
GROUP BY ALL;

-- Films alike in all but the video engine. Of several with the same engine the last counts, so that a brief which was
-- filmed ten times with one engine weighs no more than one filmed once.
CREATE VIEW engine_pairs AS
WITH films AS (
    SELECT r.*, s.cost_usd
    FROM runs r
    JOIN run_summary s USING (run)
    WHERE NOT r.rehearsal AND r.state IN ('success', 'degraded') AND r.video_engine IS NOT NULL
    QUALIFY row_number() OVER (
        PARTITION BY r.template, r.prompt, r.duration_s, r.aspect, r.seed, r.video_engine
        ORDER BY r.started_at DESC, r.run DESC
    ) = 1
)
SELECT
    a.template,
    a.prompt,
    a.duration_s,
    a.aspect,
    a.seed,
    a.video_engine AS engine_a,
    b.video_engine AS engine_b,
    a.run AS run_a,
    b.run AS run_b,
    a.state AS state_a,
    b.state AS state_b,
    a.cost_usd AS cost_a_usd,
    b.cost_usd AS cost_b_usd,
    a.seconds AS seconds_a,
    b.seconds AS seconds_b
FROM films a
JOIN films b
    ON a.video_engine < b.video_engine
    AND a.template IS NOT DISTINCT FROM b.template
    AND a.prompt IS NOT DISTINCT FROM b.prompt
    AND a.duration_s IS NOT DISTINCT FROM b.duration_s
    AND a.aspect IS NOT DISTINCT FROM b.aspect
    AND a.seed IS NOT DISTINCT FROM b.seed;

-- A degraded film is no success. What a person stopped, or what is not over, says nothing about either and is left out of
-- the rate. The interval is Wilson's score interval at 95 % (Wilson 1927), which holds for few runs too.
CREATE VIEW success_rate AS
WITH counted AS (
    SELECT
        profile,
        template,
        count(*) AS runs,
        count(*) FILTER (state = 'success') AS success,
        count(*) FILTER (state = 'degraded') AS degraded,
        count(*) FILTER (state = 'failed') AS failed,
        count(*) FILTER (state = 'stopped') AS stopped,
        count(*) FILTER (state = 'open') AS open,
        count(*) FILTER (state IN ('success', 'degraded', 'failed')) AS judged
    FROM runs
    WHERE NOT rehearsal
    GROUP BY profile, template
),
rated AS (
    SELECT *, success / nullif(judged, 0) AS rate, 1.959963984540054::DOUBLE AS z FROM counted
)
SELECT
    * EXCLUDE (z),
    (rate + z * z / (2 * judged) - z * sqrt(rate * (1 - rate) / judged + z * z / (4 * judged * judged)))
        / (1 + z * z / judged) AS rate_low,
    (rate + z * z / (2 * judged) + z * sqrt(rate * (1 - rate) / judged + z * z / (4 * judged * judged)))
        / (1 + z * z / judged) AS rate_high
FROM rated;

-- Spent and still open (reserved, not yet settled) against the cap: by run, by batch, and in all. A rehearsed run has its
-- own row, but weighs on no batch and on no total.
CREATE VIEW budget AS
WITH money AS (
    SELECT r.*, coalesce(t.spent_usd, 0) AS spent_usd, coalesce(t.open_usd, 0) AS open_usd
    FROM runs r
    LEFT JOIN call_totals t USING (run)
),
scopes AS (
    SELECT 'run' AS scope, run AS name, rehearsal, spent_usd, open_usd, cap_usd FROM money
    UNION ALL
    SELECT 'batch', batch, false, sum(spent_usd), sum(open_usd), max_by(batch_cap_usd, started_at)
    FROM money
    WHERE batch IS NOT NULL AND NOT rehearsal
    GROUP BY batch
    UNION ALL
    SELECT
        'all', 'all', false, coalesce(sum(spent_usd), 0), coalesce(sum(open_usd), 0), max_by(project_cap_usd, started_at)
    FROM money
    WHERE NOT rehearsal
)
SELECT *, cap_usd - spent_usd - open_usd AS left_usd FROM scopes;
