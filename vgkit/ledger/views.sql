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

-- Wilson's score interval at 95 % (Wilson 1927) for `hits` of `n`, which holds for few runs too; null where there are none.
CREATE MACRO z95() AS 1.959963984540054;
CREATE MACRO wilson_middle(hits, n) AS (hits / n + z95() ** 2 / (2 * n)) / (1 + z95() ** 2 / n);
CREATE MACRO wilson_reach(hits, n) AS
    z95() * sqrt(hits / n * (1 - hits / n) / n + z95() ** 2 / (4 * n * n)) / (1 + z95() ** 2 / n);
CREATE MACRO wilson_low(hits, n) AS wilson_middle(hits, nullif(n, 0)) - wilson_reach(hits, nullif(n, 0));
CREATE MACRO wilson_high(hits, n) AS wilson_middle(hits, nullif(n, 0)) + wilson_reach(hits, nullif(n, 0));

-- A degraded film is no success. What a person stopped, or what is not over, says nothing about either and is left out of
-- the rate.
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
)
SELECT
    *,
    success / nullif(judged, 0) AS rate,
    wilson_low(success, judged) AS rate_low,
    wilson_high(success, judged) AS rate_high
FROM counted;

-- Spent and still open (reserved, not yet settled) against the cap: by run, by lab, by batch, and in all. A rehearsed run or
-- lab has its own row, but weighs on no batch and on no total.
CREATE VIEW budget AS
WITH spenders AS (
    SELECT 'run' AS scope, run, rehearsal, started_at, cap_usd, batch, batch_cap_usd, project_cap_usd FROM runs
    UNION ALL
    SELECT 'lab', lab, rehearsal, started_at, cap_usd, NULL, NULL, project_cap_usd FROM labs
),
money AS (
    SELECT s.*, coalesce(t.spent_usd, 0) AS spent_usd, coalesce(t.open_usd, 0) AS open_usd
    FROM spenders s
    LEFT JOIN call_totals t USING (run)
),
scopes AS (
    SELECT scope, run AS name, rehearsal, spent_usd, open_usd, cap_usd FROM money
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

-- What was paid, call by call, with the day and what kind of run it was for; a lab's calls have no profile and no template.
CREATE VIEW spending AS
SELECT
    c.run,
    c.rehearsal,
    c.ended_at::DATE AS day,
    r.profile,
    r.template,
    c.phase,
    c.role,
    c.engine || '@' || c.host AS engine,
    c.subject,
    c.state,
    c.seconds,
    c.estimate_usd,
    c.cost_usd
FROM calls c
LEFT JOIN runs r USING (run)
WHERE c.state IN ('settled', 'failed');

-- What each call from the cache would have cost: what the same call cost when it was paid for or, where that is no longer
-- on record, what such calls cost in the middle.
CREATE VIEW cache_savings AS
WITH paid AS (SELECT * FROM calls WHERE state = 'settled'),
same AS (
    SELECT fingerprint, rehearsal, max_by(cost_usd, ended_at) AS cost_usd
    FROM paid
    WHERE fingerprint IS NOT NULL
    GROUP BY fingerprint, rehearsal
),
alike AS (
    SELECT engine, host, role, step, rehearsal, quantile_disc(cost_usd, 0.5) AS cost_usd
    FROM paid
    GROUP BY engine, host, role, step, rehearsal
)
SELECT
    c.run,
    c.rehearsal,
    c.ended_at::DATE AS day,
    c.phase,
    c.role,
    c.engine || '@' || c.host AS engine,
    c.subject,
    coalesce(s.cost_usd, a.cost_usd) AS saved_usd,
    CASE WHEN s.cost_usd IS NOT NULL THEN 'the same call' WHEN a.cost_usd IS NOT NULL THEN 'calls alike' END AS priced_by
FROM calls c
LEFT JOIN same s ON s.fingerprint = c.fingerprint AND s.rehearsal = c.rehearsal
LEFT JOIN alike a
    ON a.engine = c.engine
    AND a.host = c.host
    AND a.role = c.role
    AND a.rehearsal = c.rehearsal
    AND a.step IS NOT DISTINCT FROM c.step
WHERE c.state = 'cached';

-- Measures with the engine whose clips they are of. A still that stands in for a clip says nothing about the engine.
CREATE VIEW quality AS
SELECT
    m.run,
    r.rehearsal,
    r.video_engine AS engine,
    m.subject,
    m.name,
    m.scored ->> 'stage' AS stage,
    m.value,
    m.unit,
    m.direction,
    m.reason,
    m.implementation,
    m.version
FROM metrics m
JOIN runs r USING (run)
ANTI JOIN (SELECT run, subject FROM fallbacks WHERE latest) f
    ON f.run = m.run AND f.subject = split_part(m.subject, '/', 1)
WHERE m.latest;

-- Whatever took time: turns of phases, and what engines did within them.
CREATE VIEW steps AS
SELECT p.run, r.rehearsal, p.phase AS step, NULL AS subject, p.state, p.started_at, p.seconds
FROM phases p
JOIN runs r USING (run)
WHERE p.seconds IS NOT NULL
UNION ALL
SELECT
    run,
    rehearsal,
    phase || ': ' || role || ' by ' || engine || '@' || host,
    subject,
    state,
    reserved_at,
    seconds
FROM calls
WHERE seconds IS NOT NULL;

-- Why runs failed or fell short: the last failure of a run that failed, and each still that stands in for a clip.
CREATE VIEW troubles AS
WITH failures AS (
    SELECT
        run,
        max_by(phase, finished_at) AS phase,
        max_by(error, finished_at) AS error,
        max_by(message, finished_at) AS message
    FROM phases
    WHERE state = 'failed'
    GROUP BY run
)
SELECT
    r.run,
    r.rehearsal,
    r.state,
    r.started_at,
    f.phase,
    NULL AS subject,
    NULL AS engine,
    f.error,
    coalesce(f.message, r.message) AS reason
FROM runs r
LEFT JOIN failures f USING (run)
WHERE r.state IN ('failed', 'stopped')
UNION ALL
SELECT r.run, r.rehearsal, r.state, r.started_at, f.phase, f.subject, f.engine, NULL, f.message
FROM runs r
JOIN fallbacks f USING (run)
WHERE f.latest;
