#include <stave/error.h>
#include <stave/testing/null_services.h>

namespace stave::testing {

namespace {

/// Answers every method about a pod or an image with [not-found], and listings with nothing.
class NullEngine final : public schema::Engine::Server {
 public:
  kj::Promise<void> attach(AttachContext context) override { return noPod(context); }
  kj::Promise<void> exec(ExecContext context) override { return noPod(context); }
  kj::Promise<void> logs(LogsContext context) override { return noPod(context); }
  kj::Promise<void> signal(SignalContext context) override { return noPod(context); }
  kj::Promise<void> statistics(StatisticsContext context) override { return noPod(context); }
  kj::Promise<void> top(TopContext context) override { return noPod(context); }
  kj::Promise<void> stat(StatContext context) override { return noPod(context); }
  kj::Promise<void> copyOut(CopyOutContext context) override { return noPod(context); }
  kj::Promise<void> copyIn(CopyInContext context) override { return noPod(context); }
  kj::Promise<void> changes(ChangesContext context) override { return noPod(context); }
  kj::Promise<void> exportRoot(ExportRootContext context) override { return noPod(context); }
  kj::Promise<void> commit(CommitContext context) override { return noPod(context); }
  kj::Promise<void> resize(ResizeContext context) override { return noPod(context); }
  kj::Promise<void> push(PushContext context) override {
    return noImage(context.getParams().getImage());
  }
  kj::Promise<void> history(HistoryContext context) override {
    return noImage(context.getParams().getImage());
  }
  kj::Promise<void> resolveImage(ResolveImageContext context) override {
    return noImage(context.getParams().getReference());
  }
  kj::Promise<void> diskUsage(DiskUsageContext context) override {
    context.getResults().initUsage();
    return kj::READY_NOW;
  }
  kj::Promise<void> prune(PruneContext) override { return kj::READY_NOW; }
  kj::Promise<void> checkImageUnused(CheckImageUnusedContext) override { return kj::READY_NOW; }

 private:
  template <typename CallContext>
  kj::Promise<void> noPod(CallContext& context) {
    return makeError(ErrorCode::NOT_FOUND,
                     std::string("pod ") + context.getParams().getPod().cStr());
  }
  kj::Promise<void> noImage(capnp::Text::Reader name) {
    return makeError(ErrorCode::NOT_FOUND, std::string("image ") + name.cStr());
  }
};

}  // namespace

schema::Engine::Client newNullEngine() {
  return kj::heap<NullEngine>();
}

}  // namespace stave::testing
