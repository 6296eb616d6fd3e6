#include "pod_mounts.h"

#include <stave/error.h>
#include <stave/os/file.h>
#include <stave/schema/objects/system.capnp.h>

#include "names.h"
#include "text.h"

namespace stave::node {

namespace {

kj::Maybe<schema::PodVolume::Reader> findVolume(schema::PodSpec::Reader pod, kj::StringPtr name) {
  for (auto each : pod.getVolumes()) {
    if (each.getName() == name) return each;
  }
  return nullptr;
}

schema::PodVolume::Reader volumeNamed(schema::PodSpec::Reader pod,
                                      schema::VolumeMount::Reader mount) {
  KJ_IF_MAYBE (volume, findVolume(pod, mount.getVolume())) return *volume;
  fail(ErrorCode::INVALID, "mount " + text(mount.getTarget()) + ": the pod has no volume named " +
                               text(mount.getVolume()));
}

bool isMounted(schema::PodContainer::Reader container, std::string_view target) {
  for (auto mount : container.getMounts()) {
    if (view(mount.getTarget()) == target) return true;
  }
  return false;
}

/// The volumes that the image declares and the pod does not mount something else at.
std::vector<std::string> declaredVolumes(schema::PodContainer::Reader container,
                                         const image::RunConfig& image) {
  std::vector<std::string> result;
  for (auto& target : image.volumes) {
    if (!isMounted(container, target)) result.push_back(target);
  }
  return result;
}

PlannedMount patternOf(schema::VolumeMount::Reader mount) {
  PlannedMount result;
  result.target = text(mount.getTarget());
  result.readOnly = mount.getReadOnly();
  result.subPath = text(mount.getSubPath());
  result.propagation = mount.getPropagation();
  result.createHostPath = mount.getCreateHostPath();
  return result;
}

}  // namespace

std::vector<std::pair<std::string, bool>> PodMounts::volumesOf(
    schema::PodSpec::Reader pod, schema::PodContainer::Reader container,
    const image::RunConfig& image, const std::string& containerId) {
  std::vector<std::pair<std::string, bool>> result;
  for (auto mount : container.getMounts()) {
    auto volume = volumeNamed(pod, mount);
    if (volume.isVolume()) result.emplace_back(text(volume.getVolume()), false);
  }
  for (auto& target : declaredVolumes(container, image)) {
    result.emplace_back(anonymousVolume(containerId, target), true);
  }
  return result;
}

std::string PodMounts::emptyDirectory(const std::string& podUid) const {
  return environment_.statePath + "/pods/" + podUid;
}

Task<std::vector<PlannedMount>> PodMounts::plan(ObjectPointer pod,
                                                schema::PodContainer::Reader container,
                                                const image::RunConfig* image,
                                                std::string containerId) {
  std::vector<PlannedMount> mounts;
  auto spec = pod->spec<schema::PodSpec>();
  auto nameSpace = text(pod->metadata().getNamespace());
  for (auto each : container.getMounts()) {
    auto volume = volumeNamed(spec, each);
    auto mount = patternOf(each);
    switch (volume.which()) {
      case schema::PodVolume::EMPTY:
        mount.hostPath = emptyDirectory(pod->uid()) + "/" + text(volume.getName());
        os::makeDirectories(mount.hostPath, 0777);
        break;
      case schema::PodVolume::HOST_PATH:
        mount.hostPath = text(volume.getHostPath());
        break;
      case schema::PodVolume::TMPFS:
        mount.tmpfs = volume.getTmpfs();
        break;
      case schema::PodVolume::VOLUME:
        co_await fromVolume(mount, text(volume.getVolume()), !each.getNoCopy());
        break;
      case schema::PodVolume::CONFIG:
        co_await fromConfig(mounts, kj::mv(mount), nameSpace, text(volume.getConfig()));
        continue;
      case schema::PodVolume::SECRET:
        co_await fromSecret(mounts, kj::mv(mount), nameSpace, text(volume.getSecret()));
        continue;
    }
    mounts.push_back(kj::mv(mount));
  }
  for (auto& target : declaredVolumes(container, *image)) {
    PlannedMount mount;
    mount.target = target;
    mount.anonymous = true;
    co_await fromVolume(mount, anonymousVolume(containerId, target), true);
    mounts.push_back(kj::mv(mount));
  }
  co_return kj::mv(mounts);
}

Task<> PodMounts::fromVolume(PlannedMount& mount, std::string name, bool copy) {
  auto request = volumes_.driver(name).mountRequest();
  request.setName(name.c_str());
  request.setReadOnly(mount.readOnly);
  auto response = co_await request.send();
  mount.volume = name;
  mount.tree = response.getTree();
  mount.copyUp = copy && response.getEmpty();
}

Task<ObjectPointer> PodMounts::get(std::string kind, std::string nameSpace, std::string name) {
  auto request = environment_.objects.getRequest();
  auto ref = request.initRef();
  ref.setKind(kind.c_str());
  ref.setNamespace(nameSpace.c_str());
  ref.setName(name.c_str());
  auto response = co_await request.send();
  co_return std::make_shared<const ObjectCopy>(response.getObject());
}

Task<> PodMounts::fromConfig(std::vector<PlannedMount>& mounts, PlannedMount pattern,
                             std::string nameSpace, std::string name) {
  auto object = co_await get("Config", nameSpace, name);
  for (auto entry : object->spec<schema::ConfigSpec>().getEntries()) {
    PlannedMount mount;
    mount.target = pattern.target + "/" + text(entry.getKey());
    mount.readOnly = true;
    mount.isFile = true;
    mount.content = text(entry.getValue());
    mounts.push_back(kj::mv(mount));
  }
}

Task<> PodMounts::fromSecret(std::vector<PlannedMount>& mounts, PlannedMount pattern,
                             std::string nameSpace, std::string name) {
  auto object = co_await get("Secret", nameSpace, name);
  for (auto entry : object->spec<schema::SecretSpec>().getEntries()) {
    PlannedMount mount;
    mount.target = pattern.target + "/" + text(entry.getKey());
    mount.readOnly = true;
    mount.isFile = true;
    auto value = entry.getValue().asChars();
    mount.content.assign(value.begin(), value.size());
    mounts.push_back(kj::mv(mount));
  }
}

void fillMount(schema::Mount::Builder target, PlannedMount& mount) {
  target.setTarget(mount.target.c_str());
  target.setReadOnly(mount.readOnly);
  target.setSubPath(mount.subPath.c_str());
  target.setPropagation(mount.propagation);
  target.setCopyUp(mount.copyUp);
  target.setCreateHostPath(mount.createHostPath);
  target.setRecursive(true);
  KJ_IF_MAYBE (tree, mount.tree) {
    target.setTree(*tree);
  } else KJ_IF_MAYBE (tmpfs, mount.tmpfs) {
    target.setTmpfs(*tmpfs);
    target.setNosuid(true);
    target.setNodev(true);
  } else if (mount.isFile) {
    target.setFileContent(kj::StringPtr(mount.content.c_str(), mount.content.size()).asBytes());
  } else {
    target.setHostPath(mount.hostPath.c_str());
  }
}

}  // namespace stave::node
