#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A Slurm cluster of one node for a test, from Debian's slurm-wlm and munge, with everything it writes in one folder:
#   slurm_cluster.sh start DIR    prints nothing; SLURM_CONF=DIR/slurm.conf makes sbatch and the others talk to it
#   slurm_cluster.sh stop DIR
# Must be root (slurmd starts jobs as their owners). No systemd, no cgroups: processes are tracked through /proc.
set -euo pipefail
command=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start() {
  local node; node=$(hostname -s)
  mkdir -p "$dir"/{munge,state,spool,log}
  chmod 755 "$dir" "$dir/munge"
  dd if=/dev/urandom of="$dir/munge/key" bs=1 count=1024 status=none
  chmod 400 "$dir/munge/key"
  # --force: root may run it, in folders that others could not be trusted with.
  munged --force --socket="$dir/munge/socket" --key-file="$dir/munge/key" --pid-file="$dir/munge/pid" \
    --log-file="$dir/munge/log" --seed-file="$dir/munge/seed"
  cat >"$dir/slurm.conf" <<CONF
ClusterName=orderscope
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
KillWait=5
MinJobAge=300
SlurmdTimeout=60
SchedulerParameters=batch_sched_delay=1,sched_interval=2,bf_interval=2,requeue_delay=1
# More CPUs than the machine may have, so that several tasks run at once anywhere.
SlurmdParameters=config_overrides
NodeName=$node NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=test Nodes=$node Default=YES MaxTime=INFINITE State=UP
CONF
  slurmctld -f "$dir/slurm.conf"
  slurmd -f "$dir/slurm.conf"
  export SLURM_CONF=$dir/slurm.conf
  local try
  for try in $(seq 60); do
    if sinfo -h -o %t 2>/dev/null | grep -qE 'idle|mix|alloc'; then return 0; fi
    sleep 0.5
  done
  echo "the cluster does not come up:" >&2
  tail -n 20 "$dir"/log/*.log >&2
  exit 1
}

stop() {
  local name pid
  for name in slurmd.pid slurmctld.pid munge/pid; do
    [ -f "$dir/$name" ] || continue
    pid=$(cat "$dir/$name")
    kill "$pid" 2>/dev/null || continue
    for _ in $(seq 40); do kill -0 "$pid" 2>/dev/null || break; sleep 0.25; done
    kill -9 "$pid" 2>/dev/null || true
  done
}

"$command"
