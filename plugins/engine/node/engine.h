#pragma once

#include <stave/schema/engine.capnp.h>

#include "image_reconciler.h"
#include "node_reporter.h"
#include "pod_manager.h"

namespace stave::node {

/// The node agent's parts, wired.
class Engine {
 public:
  explicit Engine(kj::Own<Environment> environment);

  /// Done when it has taken over what there was; then it goes on by itself.
  Task<> start();

  Environment& environment() { return *environment_; }
  ObjectWriter& writer() { return writer_; }
  const ImageIndex& images() const { return index_; }
  PodManager& pods() { return pods_; }
  Mirror& podObjects() { return podObjects_; }
  Mirror& imageObjects() { return imageObjects_; }
  Mirror& networkObjects() { return networkObjects_; }
  VolumeReconciler& volumes() { return volumes_; }
  NetworkReconciler& networks() { return networks_; }

  /// Wants the image with this manifest, whose blobs are here, under a name; done when it is
  /// unpacked. Fails as that failed, and then leaves no object behind.
  Task<> makeImage(std::string name, std::string manifestDigest, std::string reason);

  /// What pods use, by the name of the object; also those that do not run.
  std::map<std::string, std::vector<std::string>> podsByVolume() const;
  std::map<std::string, std::vector<std::string>> podsByNetwork() const;
  std::map<std::string, std::vector<std::string>> podsByImage() const;

 private:
  Task<> collectDeadPods();

  kj::Own<Environment> environment_;
  Mirror imageObjects_;
  Mirror networkObjects_;
  Mirror volumeObjects_;
  Mirror podObjects_;
  ObjectWriter writer_;
  ImageIndex index_;
  ImageReconciler imageReconciler_;
  NetworkReconciler networks_;
  VolumeReconciler volumes_;
  PodManager pods_;
  NodeReporter reporter_;
  LoggedTasks tasks_;
};

}  // namespace stave::node
