#include "run_options.h"

namespace stave::cli {

namespace {

void declareProcess(Flags& flags, RunOptions& options) {
  flags.toggle("-i,--interactive", options.interactive, "Keep standard input open");
  flags.toggle("-t,--tty", options.terminal, "Give it a terminal");
  flags.text("--name", options.name, "Its name; one is made up if it has none");
  flags.texts("-e,--env", options.environment,
              "Set an environment variable; NAME alone passes ours");
  flags.texts("--env-file", options.environmentFiles, "Read environment variables from a file");
  flags.text("-w,--workdir", options.workingDirectory, "Working directory in the container");
  flags.text("-u,--user", options.user, "User, as name or number, with :GROUP if wanted");
  flags.texts("--group-add", options.groups, "Further groups of the process");
  flags.each("--entrypoint", "string", "Instead of the image's entrypoint",
             [&options](const std::string& value) {
               options.entrypoint = value;
               options.hasEntrypoint = true;
             });
  flags.texts("-l,--label", options.labels, "Set a label, NAME=VALUE");
  flags.texts("--label-file", options.labelFiles, "Read labels from a file");
  flags.texts("--annotation", options.annotations, "Set an annotation, NAME=VALUE");
  flags.toggle("--init", options.init, "Run an init that forwards signals and reaps");
  flags.text("--stop-signal", options.stopSignal, "Signal that asks it to end");
  flags.integer("--stop-timeout", options.stopTimeout, "Seconds between that signal and SIGKILL");
  flags.text("--restart", options.restart,
             "When it ends: no, always, unless-stopped, on-failure[:RETRIES]", "policy");
  flags.text("--pull", options.pull, "Look the image up: missing (default), always, never");
  flags.toggle("-q,--quiet", options.quiet, "Show no progress of a pull");
  flags.text("--platform", options.platform, "Platform of the image, OS/ARCHITECTURE");
  flags.text("--cidfile", options.cidFile, "Write the container's id to this file", "file");
  flags.toggle("--rm", options.remove, "Remove the container when it has ended");
}

void declareFiles(Flags& flags, RunOptions& options) {
  flags.texts("-v,--volume", options.volumes, "Mount a volume or host path, [SOURCE:]TARGET[:ro]");
  flags.texts("--mount", options.mounts, "Mount, as type=bind,source=/a,target=/b", "mount");
  flags.texts("--tmpfs", options.tmpfs, "Mount a tmpfs, TARGET[:size=64m,mode=1777]");
  flags.toggle("--read-only", options.readOnly, "The root file system is read-only");
  flags.texts("--device", options.devices, "Give a host device, HOST[:CONTAINER][:rwm]");
  flags.bytes("--shm-size", options.shmSize, "Size of /dev/shm");
  flags.refuse("--volumes-from", "name the volumes with -v instead");
  flags.refuse("--storage-opt", "root file systems have no options of their own");
}

void declareNetwork(Flags& flags, RunOptions& options) {
  flags.texts("-p,--publish", options.publish, "Publish a port, [[ADDRESS:]HOST:]CONTAINER[/udp]");
  flags.toggle("-P,--publish-all", options.publishAll, "Publish all exposed ports to free ones");
  flags.texts("--expose", options.expose, "Expose a port");
  flags.texts("--network,--net", options.networks,
              "Network to be on: NAME, host, none, container:NAME", "network");
  flags.texts("--network-alias,--net-alias", options.aliases, "Further name on its network");
  flags.text("--ip", options.ip, "IPv4 address on its network");
  flags.text("--ip6", options.ip6, "IPv6 address on its network");
  flags.text("--mac-address", options.mac, "Hardware address on its network");
  flags.text("-h,--hostname", options.hostname, "Host name");
  flags.text("--domainname", options.domainname, "Domain name");
  flags.texts("--add-host", options.hosts, "Line for /etc/hosts, NAME:ADDRESS");
  flags.texts("--dns", options.dns, "Name servers");
  flags.texts("--dns-search", options.dnsSearch, "Search domains");
  flags.texts("--dns-option,--dns-opt", options.dnsOptions, "Resolver options");
  flags.refuse("--link",
               "links are gone; put both containers on one network, where names are known");
  flags.refuse("--link-local-ip", "not possible");
}

void declareResources(Flags& flags, RunOptions& options) {
  flags.bytes("-m,--memory", options.memory, "Memory limit");
  flags.text("--memory-swap", options.memorySwap, "Memory and swap together; -1: no limit",
             "bytes");
  flags.bytes("--memory-reservation", options.memoryReservation, "Memory that is kept for it");
  flags.integer("--memory-swappiness", options.swappiness, "0 to 100");
  flags.text("--cpus", options.cpus, "Processors it may use, as 1.5", "decimal");
  flags.integer("-c,--cpu-shares", options.cpuShares, "Weight against others, 1024 is usual");
  flags.integer("--cpu-period", options.cpuPeriod, "Length of a scheduler period, microseconds");
  flags.integer("--cpu-quota", options.cpuQuota, "Processor time in a period, microseconds");
  flags.text("--cpuset-cpus", options.cpuset, "Processors it may run on, as 0-2,4");
  flags.text("--cpuset-mems", options.cpusetMems, "Memory nodes it may use");
  flags.integer("--pids-limit", options.pids, "Most processes; -1: no limit");
  flags.integer("--blkio-weight", options.blkioWeight, "Weight of its disk access, 10 to 1000");
  flags.texts("--device-read-bps", options.readBps, "Read at most, DEVICE:BYTES a second");
  flags.texts("--device-write-bps", options.writeBps, "Write at most, DEVICE:BYTES a second");
  flags.texts("--device-read-iops", options.readIops, "Read at most, DEVICE:OPERATIONS a second");
  flags.texts("--device-write-iops", options.writeIops,
              "Write at most, DEVICE:OPERATIONS a second");
  flags.texts("--ulimit", options.ulimits, "Resource limit, NAME=SOFT[:HARD]");
  flags.toggle("--oom-kill-disable", options.oomKillDisable, "Do not kill it when memory is out");
  flags.integer("--oom-score-adj", options.oomScoreAdj, "-1000 to 1000");
  flags.text("--cgroup-parent", options.cgroupParent, "Control group above the container's");
}

void declareSecurity(Flags& flags, RunOptions& options) {
  flags.texts("--cap-add", options.addCapabilities, "Add a capability");
  flags.texts("--cap-drop", options.dropCapabilities, "Take a capability away");
  flags.toggle("--privileged", options.privileged, "All rights on this machine");
  flags.texts("--security-opt", options.securityOptions,
              "no-new-privileges, seccomp=FILE, seccomp=unconfined, systempaths=unconfined");
  flags.texts("--sysctl", options.sysctls, "Kernel parameter of its namespaces, NAME=VALUE");
  flags.text("--pid", options.pid, "PID namespace: host, container:NAME");
  flags.text("--ipc", options.ipc, "IPC namespace: private, shareable, host, container:NAME");
  flags.text("--uts", options.uts, "UTS namespace: host");
  flags.text("--userns", options.userns, "User namespace: host, private");
  flags.text("--cgroupns", options.cgroupns, "Control group namespace: private, host");
  flags.refuse("--runtime", "the runtime is a plug-in of the stack's configuration");
  flags.refuse("--gpus", "there is no plug-in for it");
}

void declareHealth(Flags& flags, RunOptions& options) {
  flags.text("--health-cmd", options.healthCommand, "Shell line that tells its health");
  flags.text("--health-interval", options.healthInterval, "Time between two checks", "time");
  flags.text("--health-timeout", options.healthTimeout, "Time that one check may take", "time");
  flags.text("--health-start-period", options.healthStartPeriod, "Time to come up in", "time");
  flags.text("--health-start-interval", options.healthStartInterval,
             "Time between two checks while it comes up", "time");
  flags.integer("--health-retries", options.healthRetries, "Failures in a row that are too many");
  flags.toggle("--no-healthcheck", options.noHealthcheck, "None, not even the image's");
  flags.text("--log-driver", options.logDriver,
             "Where output goes besides its file; none: nowhere");
  flags.texts("--log-opt", options.logOptions, "Log file: max-size=10m, max-file=3");
}

}  // namespace

void declareCreateFlags(Flags& flags, RunOptions& options) {
  declareProcess(flags, options);
  declareFiles(flags, options);
  declareNetwork(flags, options);
  declareResources(flags, options);
  declareSecurity(flags, options);
  declareHealth(flags, options);
  flags.texts("-a,--attach", options.attach, "Attach to stdin, stdout, stderr");
}

void declareRunFlags(Flags& flags, RunOptions& options) {
  flags.toggle("-d,--detach", options.detach, "Run in the background and print the id");
  flags.toggle("--sig-proxy", options.sigProxy, "Pass signals on to the process (default)");
  flags.text("--detach-keys", options.detachKeys, "Keys that detach (default ctrl-p,ctrl-q)");
  declareCreateFlags(flags, options);
}

}  // namespace stave::cli
