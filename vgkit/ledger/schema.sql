-- The index. `events` holds what was read from the runs, all other tables are folded from it (fold.sql).
-- No CREATE INDEX and no PRIMARY KEY: a key makes the file 3.5 times larger, and DuckDB 1.5 lost rows behind secondary
-- indexes after a kill. That an event is in once is seen to when it is brought in.

CREATE TABLE schema_version (version VARCHAR NOT NULL);

-- progress events are left out: they are many, and only a live view wants them
CREATE TABLE events (id VARCHAR NOT NULL, run VARCHAR NOT NULL, happened_at TIMESTAMP NOT NULL, kind VARCHAR NOT NULL, body JSON);

-- how far each file has been read; `head` tells a file that was replaced by another of the same name
CREATE TABLE files (path VARCHAR NOT NULL, size BIGINT NOT NULL, read_to BIGINT NOT NULL, head VARCHAR NOT NULL);
CREATE TABLE damaged_lines (path VARCHAR NOT NULL, line_number BIGINT NOT NULL, reason VARCHAR NOT NULL);

CREATE TABLE runs (
    run VARCHAR NOT NULL,
    state VARCHAR NOT NULL,            -- success, degraded, failed, stopped; open while no end is on record
    started_at TIMESTAMP,
    finished_at TIMESTAMP,
    seconds DOUBLE,
    profile VARCHAR,
    template VARCHAR,
    prompt VARCHAR,
    duration_s DOUBLE,
    aspect VARCHAR,
    seed BIGINT,
    plan_engine VARCHAR,
    picture_engine VARCHAR,
    video_engine VARCHAR,
    music_engine VARCHAR,
    cap_usd DECIMAL(12, 6),
    batch VARCHAR,
    batch_cap_usd DECIMAL(12, 6),
    project_cap_usd DECIMAL(12, 6),
    film VARCHAR,                      -- relative to the run's folder
    message VARCHAR,
    version VARCHAR,
    brief JSON,
    rehearsal BOOLEAN NOT NULL DEFAULT false  -- true where every start of it said so
);

-- A prompt lab's folder: it has calls, as a run does, but makes no film.
CREATE TABLE labs (
    lab VARCHAR NOT NULL,
    started_at TIMESTAMP,
    cap_usd DECIMAL(12, 6),
    project_cap_usd DECIMAL(12, 6),
    version VARCHAR,
    rehearsal BOOLEAN NOT NULL DEFAULT false
);

CREATE TABLE phases (
    run VARCHAR NOT NULL,
    phase VARCHAR,
    attempt INTEGER,
    state VARCHAR NOT NULL,            -- finished, failed, skipped, open
    started_at TIMESTAMP,
    finished_at TIMESTAMP,
    seconds DOUBLE,
    kernel_seconds DOUBLE,
    cost_usd DECIMAL(12, 6),           -- as the phase stated it; what counts is in calls
    made JSON,
    kept JSON,
    fingerprint VARCHAR,
    degraded JSON,                     -- the subjects for which something lesser stands in
    error VARCHAR,
    message VARCHAR                    -- why it failed or was skipped
);

CREATE TABLE calls (
    run VARCHAR NOT NULL,
    call VARCHAR,
    state VARCHAR NOT NULL,            -- reserved, submitted, settled, failed, cached
    phase VARCHAR,
    role VARCHAR,
    engine VARCHAR,
    host VARCHAR,
    version VARCHAR,
    subject VARCHAR,
    fingerprint VARCHAR,
    prediction VARCHAR,
    adapter VARCHAR,
    step VARCHAR,                      -- which of several calls of a request
    attempt INTEGER,                   -- which try of the same request, from 1
    reserved_at TIMESTAMP,
    ended_at TIMESTAMP,
    seconds DOUBLE,
    estimate_usd DECIMAL(12, 6),
    cost_usd DECIMAL(12, 6),           -- null while it is open; a failed call may have cost something too
    params JSON,                       -- what was sent
    facts JSON,                        -- what came back
    error VARCHAR,
    message VARCHAR,
    rehearsal BOOLEAN NOT NULL DEFAULT false  -- as its run is
);

CREATE TABLE fallbacks (
    run VARCHAR NOT NULL,
    happened_at TIMESTAMP NOT NULL,
    phase VARCHAR,
    subject VARCHAR,
    engine VARCHAR,                    -- which did not deliver
    tries INTEGER,
    message VARCHAR,
    latest BOOLEAN NOT NULL            -- false where its phase was made again later
);

CREATE TABLE artifacts (
    run VARCHAR NOT NULL,
    happened_at TIMESTAMP NOT NULL,
    phase VARCHAR,
    name VARCHAR,
    path VARCHAR,                      -- relative to the run's folder
    sha256 VARCHAR,
    bytes BIGINT,
    media JSON,
    latest BOOLEAN NOT NULL            -- false where the same path was made again later
);

CREATE TABLE metrics (
    run VARCHAR NOT NULL,
    happened_at TIMESTAMP NOT NULL,
    phase VARCHAR,
    subject VARCHAR,
    name VARCHAR,
    value DOUBLE,
    unit VARCHAR,
    direction VARCHAR,
    reason VARCHAR,
    implementation VARCHAR,
    version VARCHAR,
    scored JSON,
    latest BOOLEAN NOT NULL            -- false where the same thing was measured again later
);

CREATE TABLE prompts (
    run VARCHAR NOT NULL,
    happened_at TIMESTAMP NOT NULL,
    phase VARCHAR,
    subject VARCHAR,
    role VARCHAR,
    text VARCHAR,
    negative VARCHAR,
    weights JSON,
    latest BOOLEAN NOT NULL
);

CREATE TABLE votes (
    run VARCHAR NOT NULL,
    happened_at TIMESTAMP NOT NULL,
    subject VARCHAR,
    take VARCHAR,
    value INTEGER,
    note VARCHAR,
    latest BOOLEAN NOT NULL
);

CREATE TABLE prompt_versions (
    lab VARCHAR NOT NULL,
    happened_at TIMESTAMP NOT NULL,
    version VARCHAR,
    template VARCHAR,
    beat VARCHAR,
    pattern VARCHAR,
    captions JSON,
    negative VARCHAR,
    style VARCHAR,
    look VARCHAR,
    parent VARCHAR,                    -- the version it came from
    note VARCHAR,
    starred BOOLEAN NOT NULL           -- by the last vote on it
);
