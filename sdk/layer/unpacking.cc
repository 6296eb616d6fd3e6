#include <fcntl.h>

#include "adopt.h"
#include "service.h"

namespace stave::layer {

namespace {

/// What a worker hands back: the layer, not published yet.
struct Unpacked {
  Staged staged;
  ApplyResult result;
};

struct Work {
  Depot& depot;
  Driver& driver;
  Chain below;
  ApplyRequest request;
};

Unpacked unpackLayer(Work& work) {
  auto staged = work.depot.stage();
  work.driver.makeLayer(staged.place(), work.below);
  work.request.directory = staged.place().content();
  work.request.whiteouts = work.driver.whiteouts();
  auto result = applyLayer(kj::mv(work.request));
  return {std::move(staged), std::move(result)};
}

/// Directories that the layer needs but does not describe get what they have in the layers below,
/// as if it had been unpacked on top of them.
void adoptFromBelow(const Place& place, const std::vector<std::string>& directories,
                    const Chain& below) {
  auto root = os::open(place.content(), O_PATH | O_DIRECTORY);
  for (auto& path : directories) {
    for (auto& link : below) {
      if (adoptDirectory(root, path, os::open(link.place.content(), O_PATH | O_DIRECTORY))) break;
    }
  }
}

LayerRecord recordOf(const std::string& chainId, const std::string& parent,
                     const Unpacked& unpacked) {
  LayerRecord record;
  record.chainId = chainId;
  record.parent = parent;
  record.diffId = unpacked.result.diffId;
  record.bytes = os::diskUsage(unpacked.staged.place().content());
  record.created = record.lastUsed = now();
  record.rootNamed = unpacked.result.rootNamed;
  record.rootOpaque = unpacked.result.rootOpaque;
  return record;
}

Task<> run(StorageService& service, Unpacking::Request request,
           std::shared_ptr<JobControl> control) {
  bool stacked = service.driver().whiteouts() == Whiteouts::apply;
  Chain below;
  if (stacked && !request.parent.empty()) {
    co_await service.whenLayer(request.parent);
    below = service.chainOf(request.parent);
  }
  auto work = std::make_shared<Work>(Work{service.depot(), service.driver(), below, {}});
  work->request = {kj::mv(request.blob), request.size, request.mediaType, request.diffId, "",
                   Whiteouts::apply,     control};
  auto job = service.longJobs().run([work]() { return unpackLayer(*work); });
  auto unpacked = co_await kj::mv(job);
  auto& implied = unpacked.result.impliedDirectories;
  if (!stacked && !implied.empty() && service.hasOrExpects(request.parent)) {
    co_await service.whenLayer(request.parent);
    below = service.chainOf(request.parent);
    auto place = unpacked.staged.place();
    auto job = service.quickJobs().run(
        [place, implied, below]() { adoptFromBelow(place, implied, below); });
    co_await kj::mv(job);
  }
  auto record = recordOf(request.chainId, request.parent, unpacked);
  service.depot().publish(std::move(unpacked.staged), record);
  service.addLayer(record);
}

}  // namespace

Unpacking::Unpacking(StorageService& service, Request request)
    : service_(service),
      chainId_(request.chainId),
      parent_(request.parent),
      control_(std::make_shared<JobControl>()),
      done_(run(service, kj::mv(request), control_).promise().fork()) {}

Unpacking::~Unpacking() noexcept(false) {
  control_->stop = true;
  service_.forgetUnpacking(chainId_);
}

}  // namespace stave::layer
