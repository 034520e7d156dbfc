#!/bin/bash
# Makes a batch on Slurm: a scheduler and the driver on the first node, a worker on every node.
#   sbatch --chdir=/shared/vgkit templates/clusters/slurm.sh templates/batches/spring.csv [OPTIONS OF vgkit batch run]
# The checkout (--chdir) with its .venv, .env and runs lies on a disk that all nodes share. Submit it again to go on.
#SBATCH --job-name=vgkit
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=8
#SBATCH --mem=24G
#SBATCH --time=12:00:00
#SBATCH --output=vgkit-%j.log
#SBATCH --signal=B:TERM@600
# The last line: ten minutes before its time is over the batch begins no more films, and phases at work end.
set -euo pipefail
[[ $# -gt 0 ]] || { echo "say which batch: sbatch templates/clusters/slurm.sh FILE" >&2; exit 2; }
films_per_node=${FILMS_PER_NODE:-$SLURM_CPUS_PER_TASK}

# Others use these nodes too, and whoever reaches a scheduler can run code as you: certificates of this job's own.
job=${VGKIT_RUNS:-$PWD/runs}/.slurm/$SLURM_JOB_ID
templates/clusters/certificates.sh "$job" 2
. "$job/tls.sh"

PATH=$PWD/.venv/bin:$PATH
dask scheduler --protocol tls --port 0 --dashboard-address 127.0.0.1:0 --scheduler-file "$job/scheduler.json" &
started=$!
end() {
  local process
  for process in $started; do
    kill "$process" 2>/dev/null || true
    wait "$process" || true
  done
  rm -rf "$job"
}
trap end EXIT
until [[ -s $job/scheduler.json ]]; do
  kill -0 "$started"
  sleep 1
done
address=$(python -c 'import json, sys; print(json.load(open(sys.argv[1]))["address"])' "$job/scheduler.json")

# A node that is lost ends the others' workers no more than its own: Dask gives its films to them.
srun --kill-on-bad-exit=0 --cpus-per-task="$SLURM_CPUS_PER_TASK" vgkit worker "$address" --films "$films_per_node" &
started="$! $started" # the workers end before their scheduler
vgkit batch run "$@" --scheduler "$address" &
driver=$!
trap 'kill -TERM "$driver"' TERM
# A signal ends `wait` early, with more than 128; the driver's own code comes with the next.
while true; do
  code=0
  wait "$driver" || code=$?
  kill -0 "$driver" 2>/dev/null || exit "$code"
done
