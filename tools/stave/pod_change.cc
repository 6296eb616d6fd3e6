#include "pod_change.h"

#include <stave/error.h>

#include "output.h"
#include "pod_wait.h"

namespace stave::cli {

namespace {

constexpr int mostTries = 8;

}  // namespace

Task<Changed> changePod(schema::Objects::Client objects, ObjectCopy pod, std::string reason,
                        PodEdit edit) {
  for (int tries = 1;; ++tries) {
    edit(pod);
    Transaction transaction(objects, reason);
    transaction.add(schema::Change::Op::UPDATE, pod);
    bool again = false;
    try {
      auto changed = co_await transaction.commit();
      co_return Changed{kj::mv(changed.at(0)), transaction.revision()};
    } catch (const kj::Exception& exception) {
      again = codeOf(exception) == ErrorCode::CONFLICT && tries < mostTries;
      if (!again) throw;
    }
    std::string nameSpace = pod.metadata().getNamespace();
    auto reading = getObject(objects, "Pod", nameSpace, pod.name());
    auto newest = co_await kj::mv(reading);
    if (newest.uid() != pod.uid()) fail(ErrorCode::NOT_FOUND, "no such container: " + pod.name());
    pod = kj::mv(newest);
  }
}

Task<> bringTo(schema::Objects::Client objects, ObjectCopy pod, schema::PodSpec::Desired desired,
               std::string reason, PodEdit edit) {
  PodEdit wish = [desired, edit = kj::mv(edit)](ObjectCopy& object) {
    object.specBuilder<schema::PodSpec>().setDesired(desired);
    if (edit) edit(object);
  };
  auto changing = changePod(objects, kj::mv(pod), kj::mv(reason), kj::mv(wish));
  auto changed = co_await kj::mv(changing);
  co_await waitForState(kj::mv(objects), kj::mv(changed.pod), changed.revision, desired);
}

int forEachPod(Session& session, const std::vector<std::string>& words,
               std::function<kj::Promise<void>(ObjectCopy)> job) {
  std::vector<std::pair<std::string, kj::Promise<void>>> jobs;
  int code = forEach(words, [&](const std::string& word) {
    jobs.emplace_back(word, job(session.findPod(word)).eagerlyEvaluate(nullptr));
  });
  for (auto& [word, promise] : jobs) {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions(
                                [&, &promise = promise]() { session.wait(kj::mv(promise)); })) {
      complain(textOf(*exception));
      code = 1;
    } else {
      print(word + "\n");
    }
  }
  return code;
}

}  // namespace stave::cli
