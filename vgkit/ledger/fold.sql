-- Folds the events of the runs in `touched` into rows. A run's rows are made anew each time, so the result depends on which
-- events there are and never on the order in which they were brought in.

CREATE OR REPLACE TEMP MACRO usd(body, name) AS try_cast(body ->> name AS DECIMAL(12, 6));
CREATE OR REPLACE TEMP MACRO num(body, name) AS try_cast(body ->> name AS DOUBLE);
CREATE OR REPLACE TEMP MACRO whole(body, name) AS try_cast(body ->> name AS BIGINT);

DELETE FROM runs WHERE run IN (SELECT run FROM touched);
DELETE FROM phases WHERE run IN (SELECT run FROM touched);
DELETE FROM calls WHERE run IN (SELECT run FROM touched);
DELETE FROM fallbacks WHERE run IN (SELECT run FROM touched);
DELETE FROM artifacts WHERE run IN (SELECT run FROM touched);
DELETE FROM metrics WHERE run IN (SELECT run FROM touched);
DELETE FROM prompts WHERE run IN (SELECT run FROM touched);
DELETE FROM votes WHERE run IN (SELECT run FROM touched);

CREATE OR REPLACE TEMP TABLE news AS SELECT * FROM events WHERE run IN (SELECT run FROM touched);

-- A run whose first line was lost still has a row, or its money would be on record nowhere.
INSERT INTO runs BY NAME
WITH life AS (
    SELECT
        run,
        min(happened_at) AS first_at,
        max(id) FILTER (kind = 'run_started') AS started,
        max(id) FILTER (kind = 'run_finished') AS finished,
        max(happened_at) FILTER (kind = 'run_finished') AS finished_at,
        max_by(body, id) FILTER (kind = 'run_started') AS s,
        max_by(body, id) FILTER (kind = 'run_finished') AS f,
        max_by(body ->> 'batch', id) FILTER (kind = 'run_started') AS batch,  -- a run resumed alone stays in its batch
        bool_and(coalesce(try_cast(body ->> 'rehearsal' AS BOOLEAN), false)) FILTER (kind = 'run_started') AS rehearsal,
        sum(num(body, 'seconds')) FILTER (kind = 'run_finished') AS seconds  -- of all turns: a run may be resumed
    FROM news
    GROUP BY run
),
told AS (SELECT *, finished > coalesce(started, '') AS over FROM life)
SELECT
    run,
    CASE WHEN over THEN coalesce(f ->> 'state', 'open') ELSE 'open' END AS state,
    first_at AS started_at,
    CASE WHEN over THEN finished_at END AS finished_at,
    seconds,
    s ->> 'profile' AS profile,
    coalesce(s ->> 'template', s -> 'brief' ->> 'template') AS template,
    s -> 'brief' ->> 'prompt' AS prompt,
    coalesce(num(s, 'duration_s'), num(s -> 'brief', 'duration_s')) AS duration_s,
    coalesce(s ->> 'aspect', s -> 'brief' ->> 'aspect') AS aspect,
    coalesce(whole(s, 'seed'), whole(s -> 'brief', 'seed')) AS seed,
    s -> 'engines' ->> 'plan' AS plan_engine,
    s -> 'engines' ->> 'picture' AS picture_engine,
    s -> 'engines' ->> 'video' AS video_engine,
    s -> 'engines' ->> 'music' AS music_engine,
    usd(s, 'cap_usd') AS cap_usd,
    batch,
    usd(s, 'batch_cap_usd') AS batch_cap_usd,
    usd(s, 'project_cap_usd') AS project_cap_usd,
    CASE WHEN over THEN f ->> 'film' END AS film,
    CASE WHEN over THEN f ->> 'message' END AS message,
    s ->> 'version' AS version,
    s -> 'brief' AS brief,
    coalesce(rehearsal, false) AS rehearsal
FROM told;

-- Each start (or skip) of a phase opens a new row, which takes what follows up to the next one.
INSERT INTO phases BY NAME
WITH turns AS (
    SELECT
        *,
        body ->> 'phase' AS phase,
        count(*) FILTER (kind IN ('phase_started', 'phase_skipped'))
            OVER (PARTITION BY run, body ->> 'phase' ORDER BY id ROWS UNBOUNDED PRECEDING) AS turn
    FROM news
    WHERE kind IN ('phase_started', 'phase_skipped', 'phase_finished', 'phase_failed')
)
SELECT
    run,
    phase,
    coalesce(max(whole(body, 'attempt')), turn) AS attempt,
    CASE max_by(kind, id) WHEN 'phase_started' THEN 'open' ELSE substr(max_by(kind, id), 7) END AS state,
    min(happened_at) FILTER (kind = 'phase_started') AS started_at,
    max(happened_at) FILTER (kind IN ('phase_finished', 'phase_failed')) AS finished_at,
    max_by(num(body, 'seconds'), id) AS seconds,
    max_by(num(body, 'kernel_seconds'), id) AS kernel_seconds,
    max_by(usd(body, 'cost_usd'), id) AS cost_usd,
    max_by(body -> 'made', id) AS made,
    max_by(body -> 'kept', id) AS kept,
    max_by(body ->> 'fingerprint', id) AS fingerprint,
    max_by(body -> 'degraded', id) AS degraded,
    max_by(body ->> 'error', id) AS error,
    max_by(coalesce(body ->> 'message', body ->> 'reason'), id) AS message
FROM turns
GROUP BY run, phase, turn;

-- What ended stays ended, and of several ends the last counts, so that no call is ever paid for twice in a sum.
INSERT INTO calls BY NAME
WITH heard AS (
    SELECT *, kind IN ('call_settled', 'call_failed', 'call_cached') AS over FROM news WHERE starts_with(kind, 'call_')
),
told AS (
    SELECT
        run,
        body ->> 'call' AS call,
        substr(coalesce(max_by(kind, id) FILTER (over), max_by(kind, id)), 6) AS state,
        max_by(body ->> 'phase', id) AS phase,
        max_by(body ->> 'role', id) AS role,
        max_by(body ->> 'engine', id) AS engine,
        max_by(body ->> 'host', id) AS host,
        max_by(body ->> 'version', id) AS version,
        max_by(body ->> 'subject', id) AS subject,
        max_by(body ->> 'fingerprint', id) AS fingerprint,
        max_by(body ->> 'prediction', id) AS prediction,
        max_by(body ->> 'adapter', id) AS adapter,
        max_by(body ->> 'step', id) AS step,
        max_by(whole(body, 'attempt'), id) AS attempt,
        min(happened_at) FILTER (kind = 'call_reserved') AS reserved_at,
        max(happened_at) FILTER (over) AS ended_at,
        max_by(num(body, 'seconds'), id) AS seconds,
        max_by(usd(body, 'cost_usd'), id) FILTER (kind = 'call_reserved') AS estimate_usd,
        max_by(usd(body, 'cost_usd'), id) FILTER (kind IN ('call_settled', 'call_failed')) AS paid_usd,
        max_by(body -> 'params', id) FILTER (NOT over OR kind = 'call_cached') AS params,
        max_by(body -> 'params', id) FILTER (kind IN ('call_settled', 'call_failed')) AS facts,
        max_by(body ->> 'error', id) FILTER (kind = 'call_failed') AS error,
        max_by(body ->> 'message', id) FILTER (kind = 'call_failed') AS message
    FROM heard
    GROUP BY run, body ->> 'call'
)
SELECT
    told.* EXCLUDE (paid_usd, error, message),
    CASE WHEN told.state = 'failed' THEN told.error END AS error,
    CASE WHEN told.state = 'failed' THEN told.message END AS message,
    r.rehearsal,
    CASE WHEN told.state IN ('settled', 'failed') THEN paid_usd WHEN told.state = 'cached' THEN 0 END AS cost_usd
FROM told
JOIN runs r USING (run);

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
    whole(n.body, 'tries') AS tries,
    n.body ->> 'message' AS message,
    n.id > coalesce(b.id, '') AS latest
FROM news n
LEFT JOIN begun b ON b.run = n.run AND b.phase = n.body ->> 'phase'
WHERE n.kind = 'fallback';

INSERT INTO artifacts BY NAME
SELECT
    run,
    happened_at,
    body ->> 'phase' AS phase,
    body ->> 'name' AS name,
    body ->> 'path' AS path,
    body ->> 'sha256' AS sha256,
    whole(body, 'bytes') AS bytes,
    body -> 'media' AS media,
    id = max(id) OVER (PARTITION BY run, body ->> 'path') AS latest
FROM news
WHERE kind = 'artifact';

INSERT INTO metrics BY NAME
SELECT
    run,
    happened_at,
    body ->> 'phase' AS phase,
    body ->> 'subject' AS subject,
    body ->> 'name' AS name,
    num(body, 'value') AS value,
    body ->> 'unit' AS unit,
    body ->> 'direction' AS direction,
    body ->> 'reason' AS reason,
    body ->> 'implementation' AS implementation,
    body ->> 'version' AS version,
    body -> 'scored' AS scored,
    id = max(id) OVER (
        PARTITION BY
            run,
            body ->> 'subject',
            body ->> 'name',
            body ->> 'implementation',
            body -> 'scored' ->> 'stage'
    ) AS latest
FROM news
WHERE kind = 'metric';

INSERT INTO prompts BY NAME
SELECT
    run,
    happened_at,
    body ->> 'phase' AS phase,
    body ->> 'subject' AS subject,
    body ->> 'role' AS role,
    body ->> 'text' AS text,
    body ->> 'negative' AS negative,
    body -> 'weights' AS weights,
    id = max(id) OVER (PARTITION BY run, body ->> 'subject', body ->> 'role') AS latest
FROM news
WHERE kind = 'prompt';

INSERT INTO votes BY NAME
SELECT
    run,
    happened_at,
    body ->> 'subject' AS subject,
    body ->> 'take' AS take,
    whole(body, 'value') AS value,
    body ->> 'note' AS note,
    id = max(id) OVER (PARTITION BY run, body ->> 'subject', body ->> 'take') AS latest
FROM news
WHERE kind = 'vote';

DROP TABLE news;
