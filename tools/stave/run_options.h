#pragma once

#include <stave/schema/object.capnp.h>
#include <map>

#include <string>
#include <vector>

#include "flags.h"

namespace stave::cli {

/// The options of `run` and `create` as they were written.
struct RunOptions {
  bool detach = false, interactive = false, terminal = false, remove = false;
  bool publishAll = false, privileged = false, readOnly = false, init = false;
  bool noHealthcheck = false, quiet = false, oomKillDisable = false, sigProxy = true;
  std::string name, hostname, domainname, user, workingDirectory, networkMode, cidFile;
  std::string entrypoint, stopSignal, pull, platform, detachKeys, restart = "no";
  std::string pid, ipc, uts, userns, cgroupParent, cgroupns, logDriver;
  std::string cpus, cpuset, cpusetMems, memorySwap, ip, ip6, mac;
  std::string healthCommand, healthInterval, healthTimeout, healthStartPeriod, healthStartInterval;
  bool hasEntrypoint = false;
  std::vector<std::string> environment, environmentFiles, labels, labelFiles, annotations;
  std::vector<std::string> volumes, mounts, tmpfs, publish, expose, networks, aliases, hosts;
  std::vector<std::string> dns, dnsSearch, dnsOptions, addCapabilities, dropCapabilities;
  std::vector<std::string> securityOptions, groups, devices, ulimits, sysctls, logOptions, attach;
  std::vector<std::string> readBps, writeBps, readIops, writeIops, volumesFrom;
  uint64_t memory = 0, memoryReservation = 0, shmSize = 0;
  int64_t cpuShares = 0, cpuPeriod = 0, cpuQuota = 0, pids = 0, blkioWeight = 0, swappiness = -1;
  int64_t oomScoreAdj = 0, stopTimeout = -1, healthRetries = 0;
};

void declareRunFlags(Flags& flags, RunOptions& options);
void declareCreateFlags(Flags& flags, RunOptions& options);

/// What the mapping needs to know of the world, so that it can be tested without it.
struct RunSurroundings {
  std::map<std::string, std::string> environment;
  std::string workingDirectory;
  std::string (*readFile)(const std::string& path);
  uint16_t width = 0, height = 0;
};

/// Fills the Pod that `stave run OPTIONS IMAGE COMMAND...` means. `words`: image, command,
/// arguments. Throws UsageError for what is wrong or contradicts itself.
void fillPod(const RunOptions& options, const std::vector<std::string>& words,
             const RunSurroundings& surroundings, schema::Object::Builder pod);

/// "adjective-noun", chosen by chance.
std::string inventName();

}  // namespace stave::cli
