#include <fcntl.h>
#include <stave/error.h>
#include <sys/stat.h>

#include "container_files.h"
#include "engine_fixture.h"
#include "temporary_stream.h"

namespace stave::node {
namespace {

/// Keeps what comes.
class Collector final : public schema::LogSink::Server {
 public:
  struct Log {
    std::vector<std::string> lines;
    bool ended = false;
  };
  explicit Collector(std::shared_ptr<Log> log) : log_(std::move(log)) {}

  kj::Promise<void> entries(EntriesContext context) override {
    for (auto entry : context.getParams().getEntries()) {
      auto chars = entry.getText().asChars();
      log_->lines.emplace_back(chars.begin(), chars.size());
    }
    return kj::READY_NOW;
  }
  kj::Promise<void> end(EndContext) override {
    log_->ended = true;
    return kj::READY_NOW;
  }

 private:
  std::shared_ptr<Log> log_;
};

class Bytes final : public schema::ByteStream::Server {
 public:
  explicit Bytes(std::shared_ptr<std::string> bytes) : bytes_(std::move(bytes)) {}
  kj::Promise<void> write(WriteContext context) override {
    auto chars = context.getParams().getBytes().asChars();
    bytes_->append(chars.begin(), chars.size());
    return kj::READY_NOW;
  }
  kj::Promise<void> end(EndContext) override { return kj::READY_NOW; }

 private:
  std::shared_ptr<std::string> bytes_;
};

struct ServiceTest : EngineTest {
  stave::testing::TempDirectory root{"root"};
  std::shared_ptr<Collector::Log> collected = std::make_shared<Collector::Log>();
  std::shared_ptr<std::string> bytes = std::make_shared<std::string>();

  ServiceTest() {
    world->root = root.path();
    start();
    create("web");
    until("web", Phase::RUNNING);
  }
  ~ServiceTest() noexcept override {}

  schema::Engine::Client& engine() { return KJ_ASSERT_NONNULL(service); }
  std::string logPath() {
    return text(KJ_ASSERT_NONNULL(status("web")).getContainers()[0].getLogPath());
  }
  template <typename Request>
  auto call(Request&& request) {
    return stave::testing::wait(loop, request.send().dropPipeline());
  }
  auto logs(kj::Function<void(schema::LogQuery::Builder)> fill = [](auto) {}) {
    auto request = engine().logsRequest();
    request.setPod("web");
    fill(request.initOptions());
    request.setSink(kj::heap<Collector>(collected));
    return call(request);
  }
  void send(schema::ByteStream::Client sink, const std::string& content) {
    auto write = sink.writeRequest();
    write.setBytes(kj::StringPtr(content.c_str(), content.size()).asBytes());
    stave::testing::wait(loop, kj::Promise<void>(write.send()));
    call(sink.endRequest());
  }
};

using Lines = std::vector<std::string>;

TEST_F(ServiceTest, SendsTheLogOverRotatedFiles) {
  os::replaceFile(logPath() + ".1", "1 stdout F one\n");
  os::replaceFile(logPath(), "2 stderr F two\n3 stdout F three\n");
  logs();
  EXPECT_EQ(collected->lines, (Lines{"one", "two", "three"}));
  EXPECT_TRUE(collected->ended);
}

TEST_F(ServiceTest, SendsOnlyTheTail) {
  os::replaceFile(logPath() + ".1", "1 stdout F one\n");
  os::replaceFile(logPath(), "2 stderr F two\n3 stdout F three\n");
  logs([](auto query) { query.setTail(2); });
  EXPECT_EQ(collected->lines, (Lines{"two", "three"}));
}

TEST_F(ServiceTest, FollowsOverARotationUntilTheEnd) {
  os::replaceFile(logPath(), "1 stdout F one\n");
  auto following = logs([](auto query) { query.setFollow(true); });
  os::rename(logPath(), logPath() + ".1");
  os::replaceFile(logPath(), "2 stdout F two\n");
  until([&]() { return collected->lines.size() == 2; }, "the second line");
  EXPECT_FALSE(collected->ended);
  world->exit(uid("web"), 0);
  until([&]() { return collected->ended; }, "the end");
  EXPECT_EQ(collected->lines, (Lines{"one", "two"}));
}

TEST_F(ServiceTest, StopsFollowingWithTheHandle) {
  os::replaceFile(logPath(), "1 stdout F one\n");
  {
    auto following = logs([](auto query) { query.setFollow(true); });
  }
  stave::testing::runFor(loop, 30 * kj::MILLISECONDS);
  os::replaceFile(logPath(), "1 stdout F one\n2 stdout F two\n");
  stave::testing::runFor(loop, 100 * kj::MILLISECONDS);
  EXPECT_EQ(collected->lines, Lines{"one"});
}

TEST_F(ServiceTest, CopiesOutAndIn) {
  os::makeDirectories(root / "data");
  os::replaceFile(root / "data/file", "content");
  auto out = engine().copyOutRequest();
  out.setPod("web");
  out.setPath("/data");
  out.setSink(kj::heap<Bytes>(bytes));
  EXPECT_EQ(call(out).getInfo().getName(), "data");
  os::makeDirectories(root / "copy");
  auto in = engine().copyInRequest();
  in.setPod("web");
  in.setPath("/copy");
  send(call(in).getSink(), *bytes);
  EXPECT_EQ(os::readFile(root / "copy/data/file"), "content");
  EXPECT_TRUE(os::listDirectory(directory / "streams").empty()) << "a temporary file stayed";
}

TEST_F(ServiceTest, StatsAFile) {
  os::replaceFile(root / "file", "12345");
  auto request = engine().statRequest();
  request.setPod("web");
  request.setPath("file");
  auto response = call(request);
  EXPECT_EQ(response.getInfo().getSize(), 5u);
  EXPECT_TRUE(S_ISREG(response.getInfo().getMode()));
}

TEST_F(ServiceTest, ExportsAStoppedContainer) {
  os::replaceFile(root / "file", "12345");
  desire("web", schema::PodSpec::Desired::STOPPED);
  until("web", Phase::STOPPED);
  auto request = engine().exportRootRequest();
  request.setPod("web");
  request.setSink(kj::heap<Bytes>(bytes));
  call(request);
  EXPECT_NE(bytes->find("12345"), std::string::npos);
}

TEST_F(ServiceTest, CommitsAContainer) {
  auto request = engine().commitRequest();
  request.setPod("web");
  auto options = request.initOptions();
  options.setReference("mine:1");
  options.setAuthor("me");
  options.initChanges(1).set(0, "CMD [\"new\"]");
  auto response = call(request);
  auto name = "docker.io/library/mine:1";
  auto object = objects.find({"Image", name});
  auto status = KJ_ASSERT_NONNULL(object).getStatus().getAs<schema::ImageStatus>();
  EXPECT_EQ(status.getPhase(), schema::ImageStatus::Phase::READY);
  EXPECT_EQ(status.getConfigDigest(), response.getImageId());
  EXPECT_EQ(status.getLayers().size(), 2u);
  auto config = image::parseConfig(view(status.getConfig()), "test");
  EXPECT_EQ(config.run.command, std::vector<std::string>{"new"});
  EXPECT_EQ(config.author, "me");
  EXPECT_EQ(world->containers.at(uid("web"))->phase, schema::ContainerState::Phase::RUNNING)
      << "it was paused for the commit only";
}

TEST_F(ServiceTest, SavesAndLoads) {
  auto save = engine().saveImagesRequest();
  save.initImages(1).set(0, "debian:12");
  save.setSink(kj::heap<Bytes>(bytes));
  call(save);
  EXPECT_EQ(*bytes, "an archive");
  auto load = call(engine().loadImagesRequest());
  send(load.getSink(), *bytes);
  auto loaded = call(load.getResult().imagesRequest());
  ASSERT_EQ(loaded.getNames().size(), 1u);
  EXPECT_EQ(loaded.getNames()[0], "docker.io/library/loaded:1");
}

TEST_F(ServiceTest, ImportsAFileSystem) {
  auto request = engine().importImageRequest();
  request.setReference("imported");
  auto response = call(request);
  send(response.getSink(), "a tar");
  auto made = call(response.getResult().imagesRequest());
  EXPECT_EQ(made.getNames()[0], "docker.io/library/imported:latest");
}

TEST_F(ServiceTest, AnImportThatFailsLeavesNoImage) {
  auto before = objects.names("Image");
  script->loseAnswer("unpack", script->calls("unpack") + 1);
  world->layers.clear();
  auto request = engine().importImageRequest();
  request.setReference("mine:1");
  auto response = call(request);
  auto sending = kj::runCatchingExceptions([&]() { send(response.getSink(), "a tar"); });
  EXPECT_EQ(codeOf(KJ_ASSERT_NONNULL(sending)), ErrorCode::UNAVAILABLE);
  until([&]() { return objects.names("Image") == before; }, "the removal");
}

TEST_F(ServiceTest, TellsThatALoadWasGivenUp) {
  auto load = kj::heap(call(engine().loadImagesRequest()));
  auto result = load->getResult();
  load = nullptr;
  EXPECT_EQ(stave::testing::codeOfFailure(loop, result.imagesRequest().send().dropPipeline()),
            ErrorCode::CANCELLED);
}

TEST_F(ServiceTest, PrunesWhatNobodyUses) {
  create("other");
  until("other", Phase::RUNNING);
  desire("other", schema::PodSpec::Desired::STOPPED);
  until("other", Phase::STOPPED);
  auto request = engine().pruneRequest();
  request.initWhat().setPods(true);
  request.getWhat().setAllImages(true);
  auto response = call(request);
  ASSERT_EQ(response.getRemoved().size(), 1u) << "the image is in use";
  EXPECT_EQ(response.getRemoved()[0], "Pod/default/other");
  untilGone("other");
}

TEST_F(ServiceTest, TellsTheDiskUsage) {
  auto response = call(engine().diskUsageRequest());
  auto usage = response.getUsage();
  EXPECT_EQ(usage.getImages().getCount(), 1u);
  EXPECT_EQ(usage.getImages().getActive(), 1u);
  EXPECT_EQ(usage.getContainers().getCount(), 1u);
  EXPECT_EQ(usage.getImages().getBytes(), 1000u);
}

TEST_F(ServiceTest, TellsWhoUsesAnImage) {
  auto request = engine().checkImageUnusedRequest();
  request.setImage("debian:12");
  auto response = call(request);
  ASSERT_EQ(response.getPods().size(), 1u);
  EXPECT_EQ(response.getPods()[0], "default/web");
}

TEST_F(ServiceTest, RefusesWhatIsNotThereOrDoesNotRun) {
  auto unknown = engine().topRequest();
  unknown.setPod("nope");
  EXPECT_EQ(stave::testing::codeOfFailure(loop, unknown.send().dropPipeline()),
            ErrorCode::NOT_FOUND);
  desire("web", schema::PodSpec::Desired::STOPPED);
  until("web", Phase::STOPPED);
  auto stopped = engine().signalRequest();
  stopped.setPod("web");
  stopped.setNumber(15);
  EXPECT_EQ(stave::testing::codeOfFailure(loop, stopped.send().dropPipeline()),
            ErrorCode::CONFLICT);
}

}  // namespace
}  // namespace stave::node
