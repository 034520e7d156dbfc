-- Folds the events of the runs in `touched` into rows. A run's rows are made anew each time, so the result depends on which
-- events there are and never on the order in which they were brought in. What a body says is read with one `from_json`, which
-- is five times quicker than asking it field by field; what is not of the type asked for is null.

DELETE FROM runs WHERE run IN (SELECT run FROM touched);
DELETE FROM phases WHERE run IN (SELECT run FROM touched);
DELETE FROM calls WHERE run IN (SELECT run FROM touched);
DELETE FROM fallbacks WHERE run IN (SELECT run FROM touched);
DELETE FROM artifacts WHERE run IN (SELECT run FROM touched);
DELETE FROM metrics WHERE run IN (SELECT run FROM touched);
DELETE FROM prompts WHERE run IN (SELECT run FROM touched);
DELETE FROM votes WHERE run IN (SELECT run FROM touched);
DELETE FROM labs WHERE lab IN (SELECT run FROM touched);
DELETE FROM prompt_versions WHERE lab IN (SELECT run FROM touched);

CREATE OR REPLACE TEMP TABLE news AS SELECT * FROM events WHERE run IN (SELECT run FROM touched);

INSERT INTO labs BY NAME
WITH said AS (
    SELECT run, id, happened_at, unnest(from_json(body, '{
        "cap_usd": "DECIMAL(12, 6)", "project_cap_usd": "DECIMAL(12, 6)", "version": "VARCHAR", "rehearsal": "BOOLEAN"
    }'))
    FROM news
    WHERE kind = 'lab_started'
)
SELECT
    run AS lab,
    min(happened_at) AS started_at,
    max_by(cap_usd, id) AS cap_usd,
    max_by(project_cap_usd, id) AS project_cap_usd,
    max_by(version, id) AS version,
    bool_and(coalesce(rehearsal, false)) AS rehearsal
FROM said
GROUP BY run;

-- A run whose first line was lost still has a row, or its money would be on record nowhere.
INSERT INTO runs BY NAME
WITH said AS (
    SELECT id, run, happened_at, kind, from_json(body, '{
        "brief": "JSON", "profile": "VARCHAR", "engines": "JSON", "template": "VARCHAR", "duration_s": "DOUBLE",
        "aspect": "VARCHAR", "seed": "BIGINT", "cap_usd": "DECIMAL(12, 6)", "version": "VARCHAR", "batch": "VARCHAR",
        "batch_cap_usd": "DECIMAL(12, 6)", "project_cap_usd": "DECIMAL(12, 6)", "rehearsal": "BOOLEAN",
        "state": "VARCHAR", "seconds": "DOUBLE", "film": "VARCHAR", "message": "VARCHAR"
    }') AS b
    FROM news
    WHERE kind IN ('run_started', 'run_finished')
),
lives AS (
    SELECT run, min(happened_at) AS first_at
    FROM news
    WHERE run NOT IN (SELECT lab FROM labs)
    GROUP BY run
),
ends AS (
    SELECT
        run,
        max(id) FILTER (kind = 'run_started') AS started,
        max(id) FILTER (kind = 'run_finished') AS finished,
        max(happened_at) FILTER (kind = 'run_finished') AS finished_at,
        max_by(b, id) FILTER (kind = 'run_started') AS s,
        max_by(b, id) FILTER (kind = 'run_finished') AS f,
        max_by(b.batch, id) FILTER (kind = 'run_started') AS batch,  -- a run resumed alone stays in its batch
        bool_and(coalesce(b.rehearsal, false)) FILTER (kind = 'run_started') AS rehearsal,
        sum(b.seconds) FILTER (kind = 'run_finished') AS seconds  -- of all turns: a run may be resumed
    FROM said
    GROUP BY run
),
told AS (SELECT *, coalesce(finished > coalesce(started, ''), false) AS over FROM lives LEFT JOIN ends USING (run))
SELECT
    run,
    CASE WHEN over THEN coalesce(f.state, 'open') ELSE 'open' END AS state,
    first_at AS started_at,
    CASE WHEN over THEN finished_at END AS finished_at,
    seconds,
    s.profile AS profile,
    coalesce(s.template, s.brief ->> 'template') AS template,
    s.brief ->> 'prompt' AS prompt,
    coalesce(s.duration_s, try_cast(s.brief ->> 'duration_s' AS DOUBLE)) AS duration_s,
    coalesce(s.aspect, s.brief ->> 'aspect') AS aspect,
    coalesce(s.seed, try_cast(s.brief ->> 'seed' AS BIGINT)) AS seed,
    s.engines ->> 'plan' AS plan_engine,
    s.engines ->> 'picture' AS picture_engine,
    s.engines ->> 'video' AS video_engine,
    s.engines ->> 'music' AS music_engine,
    s.cap_usd AS cap_usd,
    batch,
    s.batch_cap_usd AS batch_cap_usd,
    s.project_cap_usd AS project_cap_usd,
    CASE WHEN over THEN f.film END AS film,
    CASE WHEN over THEN f.message END AS message,
    s.version AS version,
    s.brief AS brief,
    coalesce(rehearsal, false) AS rehearsal
FROM told;

-- Each start (or skip) of a phase opens a new row, which takes what follows up to the next one.
INSERT INTO phases BY NAME
WITH said AS (
    SELECT id, run, happened_at, kind, from_json(body, '{
        "phase": "VARCHAR", "attempt": "BIGINT", "seconds": "DOUBLE", "kernel_seconds": "DOUBLE",
        "cost_usd": "DECIMAL(12, 6)", "made": "JSON", "kept": "JSON", "fingerprint": "VARCHAR", "degraded": "JSON",
        "error": "VARCHAR", "message": "VARCHAR", "reason": "VARCHAR"
    }') AS b
    FROM news
    WHERE kind IN ('phase_started', 'phase_skipped', 'phase_finished', 'phase_failed')
),
turns AS (
    SELECT
        *,
        count(*) FILTER (kind IN ('phase_started', 'phase_skipped'))
            OVER (PARTITION BY run, b.phase ORDER BY id ROWS UNBOUNDED PRECEDING) AS turn
    FROM said
)
SELECT
    run,
    b.phase AS phase,
    coalesce(max(b.attempt), turn) AS attempt,
    CASE max_by(kind, id) WHEN 'phase_started' THEN 'open' ELSE substr(max_by(kind, id), 7) END AS state,
    min(happened_at) FILTER (kind = 'phase_started') AS started_at,
    max(happened_at) FILTER (kind IN ('phase_finished', 'phase_failed')) AS finished_at,
    max_by(b.seconds, id) AS seconds,
    max_by(b.kernel_seconds, id) AS kernel_seconds,
    max_by(b.cost_usd, id) AS cost_usd,
    max_by(b.made, id) AS made,
    max_by(b.kept, id) AS kept,
    max_by(b.fingerprint, id) AS fingerprint,
    max_by(b.degraded, id) AS degraded,
    max_by(b.error, id) AS error,
    max_by(coalesce(b.message, b.reason), id) AS message
FROM turns
GROUP BY run, b.phase, turn;

-- What ended stays ended, and of several ends the last counts, so that no call is ever paid for twice in a sum.
INSERT INTO calls BY NAME
WITH heard AS (
    SELECT id, run, happened_at, kind, kind IN ('call_settled', 'call_failed', 'call_cached') AS over, from_json(body, '{
        "call": "VARCHAR", "phase": "VARCHAR", "role": "VARCHAR", "engine": "VARCHAR", "host": "VARCHAR",
        "version": "VARCHAR", "subject": "VARCHAR", "fingerprint": "VARCHAR", "prediction": "VARCHAR",
        "adapter": "VARCHAR", "step": "VARCHAR", "attempt": "BIGINT", "seconds": "DOUBLE",
        "cost_usd": "DECIMAL(12, 6)", "params": "JSON", "error": "VARCHAR", "message": "VARCHAR"
    }') AS b
    FROM news
    WHERE starts_with(kind, 'call_')
),
told AS (
    SELECT
        run,
        b.call AS call,
        substr(coalesce(max_by(kind, id) FILTER (over), max_by(kind, id)), 6) AS state,
        max_by(b.phase, id) AS phase,
        max_by(b.role, id) AS role,
        max_by(b.engine, id) AS engine,
        max_by(b.host, id) AS host,
        max_by(b.version, id) AS version,
        max_by(b.subject, id) AS subject,
        max_by(b.fingerprint, id) AS fingerprint,
        max_by(b.prediction, id) AS prediction,
        max_by(b.adapter, id) AS adapter,
        max_by(b.step, id) AS step,
        max_by(b.attempt, id) AS attempt,
        min(happened_at) FILTER (kind = 'call_reserved') AS reserved_at,
        max(happened_at) FILTER (over) AS ended_at,
        max_by(b.seconds, id) AS seconds,
        max_by(b.cost_usd, id) FILTER (kind = 'call_reserved') AS estimate_usd,
        max_by(b.cost_usd, id) FILTER (kind IN ('call_settled', 'call_failed')) AS paid_usd,
        max_by(b.params, id) FILTER (NOT over OR kind = 'call_cached') AS params,
        max_by(b.params, id) FILTER (kind IN ('call_settled', 'call_failed')) AS facts,
        max_by(b.error, id) FILTER (kind = 'call_failed') AS error,
        max_by(b.message, id) FILTER (kind = 'call_failed') AS message
    FROM heard
    GROUP BY run, b.call
)
SELECT
    told.* EXCLUDE (paid_usd, error, message),
    CASE WHEN told.state = 'failed' THEN told.error END AS error,
    CASE WHEN told.state = 'failed' THEN told.message END AS message,
    r.rehearsal,
    CASE WHEN told.state IN ('settled', 'failed') THEN paid_usd WHEN told.state = 'cached' THEN 0 END AS cost_usd
FROM told
JOIN (SELECT run, rehearsal FROM runs UNION ALL SELECT lab, rehearsal FROM labs) r USING (run);

INSERT INTO fallbacks BY NAME
WITH begun AS (
    SELECT run, body ->> 'phase' AS phase, max(id) AS id FROM news WHERE kind = 'phase_started' GROUP BY ALL
)
SELECT
    n.run,
    n.happened_at,
    n.body ->> 'phase' AS phase,
    n.body ->> 'subject' AS subject,
    n.body ->> 'engine' AS engine,
    try_cast(n.body ->> 'tries' AS BIGINT) AS tries,
    n.body ->> 'message' AS message,
    n.id > coalesce(b.id, '') AS latest
FROM news n
LEFT JOIN begun b ON b.run = n.run AND b.phase = n.body ->> 'phase'
WHERE n.kind = 'fallback';

INSERT INTO artifacts BY NAME
WITH said AS (
    SELECT id, run, happened_at, unnest(from_json(body, '{
        "phase": "VARCHAR", "name": "VARCHAR", "path": "VARCHAR", "sha256": "VARCHAR", "bytes": "BIGINT", "media": "JSON"
    }'))
    FROM news
    WHERE kind = 'artifact'
)
SELECT * EXCLUDE (id), id = max(id) OVER (PARTITION BY run, path) AS latest FROM said;

INSERT INTO metrics BY NAME
WITH said AS (
    SELECT id, run, happened_at, unnest(from_json(body, '{
        "phase": "VARCHAR", "subject": "VARCHAR", "name": "VARCHAR", "value": "DOUBLE", "unit": "VARCHAR",
        "direction": "VARCHAR", "reason": "VARCHAR", "implementation": "VARCHAR", "version": "VARCHAR", "scored": "JSON"
    }'))
    FROM news
    WHERE kind = 'metric'
)
SELECT
    * EXCLUDE (id),
    id = max(id) OVER (PARTITION BY run, subject, name, implementation, scored ->> 'stage') AS latest
FROM said;

INSERT INTO prompts BY NAME
WITH said AS (
    SELECT id, run, happened_at, unnest(from_json(body, '{
        "phase": "VARCHAR", "subject": "VARCHAR", "role": "VARCHAR", "text": "VARCHAR", "negative": "VARCHAR",
        "weights": "JSON"
    }'))
    FROM news
    WHERE kind = 'prompt'
)
SELECT * EXCLUDE (id), id = max(id) OVER (PARTITION BY run, subject, role) AS latest FROM said;

INSERT INTO votes BY NAME
SELECT
    run,
    happened_at,
    body ->> 'subject' AS subject,
    body ->> 'take' AS take,
    try_cast(body ->> 'value' AS INTEGER) AS value,
    body ->> 'note' AS note,
    id = max(id) OVER (PARTITION BY run, body ->> 'subject', body ->> 'take') AS latest
FROM news
WHERE kind = 'vote';

INSERT INTO prompt_versions BY NAME
WITH said AS (
    SELECT run AS lab, happened_at, unnest(from_json(body, '{
        "version": "VARCHAR", "template": "VARCHAR", "beat": "VARCHAR", "pattern": "VARCHAR", "captions": "JSON",
        "negative": "VARCHAR", "style": "VARCHAR", "look": "VARCHAR", "parent": "VARCHAR", "note": "VARCHAR"
    }'))
    FROM news
    WHERE kind = 'prompt_version'
)
SELECT s.*, coalesce(v.value = 1, false) AS starred
FROM said s
LEFT JOIN votes v ON v.run = s.lab AND v.subject = 'version' AND v.take = s.version AND v.latest;

DROP TABLE news;
