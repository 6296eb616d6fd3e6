#include "pod_record.h"

#include <stave/error.h>

#include "text.h"

namespace stave::node {

namespace {

constexpr size_t shortIdLength = 12;

}  // namespace

schema::PodContainer::Reader PodRecord::containerSpec(size_t index) const {
  auto position = containers[index].specIndex;
  return state.containers[index].init ? spec().getInitContainers()[position]
                                      : spec().getContainers()[position];
}

std::string PodRecord::hostname() const {
  auto wanted = text(spec().getHostname());
  return wanted.empty() ? object->uid().substr(0, shortIdLength) : wanted;
}

size_t PodRecord::firstMain() const {
  return spec().getInitContainers().size();
}

size_t PodRecord::indexOf(std::string_view name) const {
  if (name.empty() && firstMain() < containers.size()) return firstMain();
  for (size_t i = 0; i < containers.size(); ++i) {
    if (state.containers[i].name == name || state.containers[i].id == name) return i;
  }
  fail(ErrorCode::NOT_FOUND,
       "pod " + object->key() + " has no container named " + std::string(name));
}

PodWish wishOf(const ObjectCopy& pod) {
  auto spec = pod.spec<schema::PodSpec>();
  auto policy = spec.getRestartPolicy();
  return {.deleted = pod.deleted(),
          .desired = static_cast<Desired>(spec.getDesired()),
          .restart = spec.getRestart(),
          .restartMode = static_cast<RestartMode>(policy.getMode()),
          .maximumRetries = policy.getMaximumRetries(),
          .stopTimeoutMillis = static_cast<int64_t>(spec.getStopTimeoutMs()),
          .removeWhenDone = spec.getRemoveWhenDone()};
}

}  // namespace stave::node
