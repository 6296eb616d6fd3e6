#include "sysctl_plan.h"

#include <algorithm>

namespace stave::native {

namespace {

constexpr std::string_view ipcParameters[] = {
    "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem",
    "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced"};

[[noreturn]] void refuse(const std::string& key, const std::string& reason) {
  fail(ErrorCode::INVALID, "sysctls: sysctl \"" + key + "\" " + reason);
}

void check(const std::string& key, schema::ContainerSpec::Reader spec, bool ownNetwork) {
  bool plain = key.find("..") == std::string::npos && key.find('\0') == std::string::npos;
  if (!plain || key.empty() || key[0] == '/') refuse(key, "is not the name of a kernel parameter");
  bool ofIpc =
      key.starts_with("fs.mqueue.") ||
      std::find(std::begin(ipcParameters), std::end(ipcParameters), key) != std::end(ipcParameters);
  if (ofIpc && spec.getIpc().isOwn()) return;
  if (key.starts_with("net.") && ownNetwork) return;
  if (ofIpc || key.starts_with("net.")) {
    refuse(key, "not allowed in the host's namespace; the container shares that");
  }
  refuse(key, "is not in a separate kernel namespace, so it would change the host");
}

}  // namespace

void planSysctls(PlanWriter& writer, schema::ContainerSpec::Reader spec, bool ownNetwork) {
  for (auto parameter : spec.getSysctls()) {
    std::string key = parameter.getKey();
    std::string value = parameter.getValue();
    std::replace(key.begin(), key.end(), '/', '.');
    check(key, spec, ownNetwork);
    auto& step = writer.step(plan::Operation::writeFile, "setting the kernel parameter " + key);
    std::replace(key.begin(), key.end(), '.', '/');
    step.text = writer.text("/proc/sys/" + key);
    step.other = writer.text(value);
  }
}

}  // namespace stave::native
