#include "pod_parts.h"
#include "syntax.h"

namespace stave::cli {

namespace {

void takeSecurityOption(const std::string& option, const RunSurroundings& surroundings,
                        schema::Security::Builder security) {
  auto separator = option.find_first_of("=:");
  auto name = option.substr(0, separator);
  auto value = separator == std::string::npos ? std::string() : option.substr(separator + 1);
  if (name == "no-new-privileges") {
    bool known = value.empty() || value == "true" || value == "false";
    if (!known) failFlag("--security-opt", option, "want no-new-privileges[=true|false]");
    security.setNoNewPrivileges(value != "false");
  } else if (name == "seccomp") {
    if (value.empty())
      failFlag("--security-opt", option, "want seccomp=FILE or seccomp=unconfined");
    bool builtIn = value == "builtin";
    if (!builtIn) {
      security.setSeccomp(value == "unconfined" ? value : surroundings.readFile(value));
    }
  } else if (name == "systempaths" && value == "unconfined") {
    security.setUnmasked(true);
  } else if (name == "apparmor" && (value == "unconfined" || value.empty())) {
    return;  // nothing confines with AppArmor, so nothing is to be undone
  } else {
    failFlag(
        "--security-opt", option,
        "there are no-new-privileges, seccomp=FILE, seccomp=unconfined, systempaths=unconfined");
  }
}

void fillDevices(const RunOptions& options, schema::PodContainer::Builder container) {
  auto devices = container.initDevices(options.devices.size());
  for (unsigned i = 0; i < devices.size(); ++i) {
    auto device = parseDevice(options.devices[i]);
    devices[i].setHostPath(device.host);
    devices[i].setPath(device.container);
    devices[i].setPermissions(device.permissions);
  }
}

}  // namespace

void fillSecurity(const RunOptions& options, const RunSurroundings& surroundings,
                  schema::PodContainer::Builder container, schema::PodSpec::Builder spec) {
  auto security = container.initSecurity();
  security.setPrivileged(options.privileged);
  security.setReadOnlyRoot(options.readOnly);
  auto& added = options.addCapabilities;
  auto& dropped = options.dropCapabilities;
  copyTexts(added, security.initAddCapabilities(added.size()));
  copyTexts(dropped, security.initDropCapabilities(dropped.size()));
  for (auto& option : options.securityOptions) takeSecurityOption(option, surroundings, security);
  if (options.cgroupns == "host") {
    security.setCgroupNamespaceHost(true);
  } else if (!options.cgroupns.empty() && options.cgroupns != "private") {
    failFlag("--cgroupns", options.cgroupns, "want private or host");
  }
  if (options.userns == "private") {
    spec.setUserNamespace(true);
  } else if (!options.userns.empty() && options.userns != "host") {
    failFlag("--userns", options.userns, "want private or host");
  }
  fillDevices(options, container);
  auto sysctls = pairsOf(options.sysctls, "--sysctl");
  copyPairs(sysctls, spec.initSysctls(sysctls.size()));
}

}  // namespace stave::cli
