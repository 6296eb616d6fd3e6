#include "volume_options.h"

#include "stave/error.h"
#include "stave/os/mount.h"

namespace stave::local {

namespace {

const std::map<std::string_view, uint64_t> attributesByName = {
    {"ro", MOUNT_ATTR_RDONLY},
    {"nosuid", MOUNT_ATTR_NOSUID},
    {"nodev", MOUNT_ATTR_NODEV},
    {"noexec", MOUNT_ATTR_NOEXEC},
    {"noatime", MOUNT_ATTR_NOATIME},
    {"nodiratime", MOUNT_ATTR_NODIRATIME},
    {"relatime", 0},
    {"rw", 0},
    {"defaults", 0}};

std::string get(const OptionMap& options, const std::string& key) {
  auto found = options.find(key);
  return found == options.end() ? "" : found->second;
}

void requireKnown(const OptionMap& options) {
  for (auto& [key, value] : options) {
    if (key == "type" || key == "o" || key == "device") continue;
    fail(ErrorCode::INVALID,
         "the volume option \"" + key + "\" is unknown; known are type, o, device");
  }
}

void addOption(MountPlan& plan, const std::string& option) {
  auto attribute = attributesByName.find(option);
  auto equals = option.find('=');
  if (option == "bind" || option == "rbind") {
    plan.kind = MountPlan::bind;
    plan.recursive = option == "rbind";
  } else if (attribute != attributesByName.end()) {
    plan.attributes |= attribute->second;
  } else if (equals == std::string::npos) {
    plan.flags.push_back(option);
  } else {
    plan.parameters.emplace_back(option.substr(0, equals), option.substr(equals + 1));
  }
}

void addOptions(MountPlan& plan, const std::string& list) {
  for (size_t start = 0; start < list.size();) {
    auto end = std::min(list.find(',', start), list.size());
    if (end > start) addOption(plan, list.substr(start, end - start));
    start = end + 1;
  }
}

void requireConsistent(const MountPlan& plan) {
  if (plan.device.empty()) fail(ErrorCode::INVALID, "a volume with options needs \"device\"");
  if (plan.kind == MountPlan::bind) {
    if (plan.device[0] != '/') {
      fail(ErrorCode::INVALID,
           "the device \"" + plan.device + "\" of a bind volume is no absolute path");
    }
    if (!plan.parameters.empty() || !plan.flags.empty()) {
      fail(ErrorCode::INVALID, "a bind volume takes mount flags only, such as ro or nosuid");
    }
  } else if (plan.type.empty() || plan.type == "none") {
    fail(ErrorCode::INVALID, "a volume with \"device\" needs a \"type\", or \"bind\" in \"o\"");
  }
}

}  // namespace

MountPlan planOf(const OptionMap& options) {
  requireKnown(options);
  MountPlan plan;
  if (options.empty()) return plan;
  plan.kind = MountPlan::fileSystem;
  plan.type = get(options, "type");
  plan.device = get(options, "device");
  addOptions(plan, get(options, "o"));
  requireConsistent(plan);
  return plan;
}

os::Fd mountPlanned(const MountPlan& plan) {
  if (plan.kind == MountPlan::bind) {
    auto tree = os::cloneTree(plan.device, plan.recursive);
    os::MountAttributes attributes;
    attributes.set = plan.attributes;
    if (plan.attributes != 0) os::setMountAttributes(tree, attributes);
    return tree;
  }
  os::FsContext context(plan.type);
  context.set("source", plan.device);
  for (auto& [key, value] : plan.parameters) context.set(key, value);
  for (auto& flag : plan.flags) context.setFlag(flag);
  return context.mount(plan.attributes);
}

}  // namespace stave::local
