# shellcheck shell=bash
# prelude.sh - what every run script does first; sourced in the service's directory.
#
# runit starts what dies, but a process can leave others behind: nginx its workers when
# the master is killed, or the server itself when its runsv is killed. They would hold
# the port for ever. So every component is the leader of a process group of its own
# (chpst -P), the leader's pid is on file, and leftovers of that group go first.
exec 2>&1

STATE=${PWD%/service/*}
component=${PWD##*/}
leader_file=$STATE/run/$component.leader

# When a process was started, in clock ticks since boot: with its pid an identity.
started() { # pid
    local stat
    read -r stat 2>/dev/null <"/proc/$1/stat" || return 0
    stat=${stat##*) } # the name before it may hold spaces
    cut -d' ' -f20 <<<"$stat"
}

end_leftovers() {
    local pid='' start=''
    read -r pid start 2>/dev/null <"$leader_file" || return 0
    # A living leader must be the one on file; of a dead one only its group can be left.
    if [ ! -e "/proc/$pid" ] || [ "$(started "$pid")" = "$start" ]; then
        kill -KILL -- "-$pid" 2>/dev/null || true
    fi
}

become_leader() { # in this process, just before exec: chpst -P and what follows keep the pid
    echo "$$ $(started $$)" >"$leader_file"
}
