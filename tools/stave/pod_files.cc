#include "pod_parts.h"
#include "syntax.h"

namespace stave::cli {

namespace {

/// A volume of the pod and its one mount, before both lists have their length.
struct Mounted {
  std::string name;  // in the pod
  enum class Kind { hostPath, volume, tmpfs } kind = Kind::volume;
  std::string source;
  VolumeFlag mount;
  std::string subPath;
  bool createHostPath = false;
  TmpfsFlag tmpfs;
};

Mounted fromVolume(const VolumeFlag& flag) {
  Mounted mounted;
  bool isPath = !flag.source.empty() && flag.source.front() == '/';
  mounted.kind = isPath ? Mounted::Kind::hostPath : Mounted::Kind::volume;
  mounted.source = flag.source;
  mounted.mount = flag;
  mounted.createHostPath = isPath;
  return mounted;
}

Mounted fromMount(const MountFlag& flag) {
  Mounted mounted;
  mounted.source = flag.source;
  mounted.mount = {flag.source, flag.target, flag.readOnly, flag.noCopy, flag.propagation};
  mounted.subPath = flag.subPath;
  mounted.createHostPath = flag.createHostPath;
  mounted.tmpfs = {flag.target, "", flag.tmpfsBytes, flag.tmpfsMode};
  mounted.kind = flag.type == MountFlag::Type::bind    ? Mounted::Kind::hostPath
                 : flag.type == MountFlag::Type::tmpfs ? Mounted::Kind::tmpfs
                                                       : Mounted::Kind::volume;
  return mounted;
}

Mounted fromTmpfs(const TmpfsFlag& flag) {
  Mounted mounted;
  mounted.kind = Mounted::Kind::tmpfs;
  mounted.mount.target = flag.target;
  mounted.tmpfs = flag;
  return mounted;
}

void fillVolume(const Mounted& mounted, schema::PodVolume::Builder volume) {
  volume.setName(mounted.name);
  switch (mounted.kind) {
    case Mounted::Kind::hostPath:
      volume.setHostPath(mounted.source);
      return;
    case Mounted::Kind::volume:
      volume.setVolume(mounted.source);
      return;
    case Mounted::Kind::tmpfs: {
      auto tmpfs = volume.initTmpfs();
      tmpfs.setSizeBytes(mounted.tmpfs.bytes);
      tmpfs.setMode(mounted.tmpfs.mode);
      tmpfs.setOptions(mounted.tmpfs.options);
      return;
    }
  }
}

schema::Mount::Propagation propagationOf(const std::string& word) {
  using Propagation = schema::Mount::Propagation;
  if (word == "private") return Propagation::PRIVATE;
  if (word == "slave") return Propagation::SLAVE;
  if (word == "shared") return Propagation::SHARED;
  if (word == "rslave") return Propagation::RSLAVE;
  if (word == "rshared") return Propagation::RSHARED;
  return Propagation::RPRIVATE;
}

void fillMount(const Mounted& mounted, schema::VolumeMount::Builder mount) {
  mount.setVolume(mounted.name);
  mount.setTarget(mounted.mount.target);
  mount.setReadOnly(mounted.mount.readOnly);
  mount.setNoCopy(mounted.mount.noCopy);
  mount.setPropagation(propagationOf(mounted.mount.propagation));
  mount.setSubPath(mounted.subPath);
  mount.setCreateHostPath(mounted.createHostPath);
}

std::vector<Mounted> allMounts(const RunOptions& options, const RunSurroundings& surroundings) {
  std::vector<Mounted> all;
  for (auto& text : options.volumes) {
    all.push_back(fromVolume(parseVolume(text, surroundings.workingDirectory)));
  }
  for (auto& text : options.mounts) all.push_back(fromMount(parseMount(text)));
  for (auto& text : options.tmpfs) all.push_back(fromTmpfs(parseTmpfs(text)));
  for (size_t i = 0; i < all.size(); ++i) {
    all[i].name = "mount-" + std::to_string(i);
    for (size_t j = 0; j < i; ++j) {
      if (all[j].mount.target != all[i].mount.target) continue;
      throw UsageError("two things are mounted at " + all[i].mount.target);
    }
  }
  return all;
}

}  // namespace

void fillFiles(const RunOptions& options, const RunSurroundings& surroundings,
               schema::PodContainer::Builder container, schema::PodSpec::Builder spec) {
  auto all = allMounts(options, surroundings);
  auto volumes = spec.initVolumes(all.size());
  auto mounts = container.initMounts(all.size());
  for (unsigned i = 0; i < all.size(); ++i) {
    fillVolume(all[i], volumes[i]);
    fillMount(all[i], mounts[i]);
  }
}

}  // namespace stave::cli
