#include <fcntl.h>
#include <gtest/gtest.h>
#include <stave/capability.h>
#include <stave/conformance/subject.h>
#include <stave/os/entry.h>
#include <stave/schema/volume.capnp.h>

#include <map>

namespace stave::conformance {

namespace {

using OptionMap = std::map<std::string, std::string>;

schema::VolumeDriver::Client volumes() {
  return subject<schema::VolumeDriver>();
}

auto startCreate(const std::string& name, const OptionMap& options = {}) {
  auto request = volumes().createRequest();
  request.setName(name.c_str());
  auto list = request.initOptions(options.size());
  unsigned index = 0;
  for (auto& [key, value] : options) {
    list[index].setKey(key.c_str());
    list[index++].setValue(value.c_str());
  }
  return request.send();
}

void create(const std::string& name) {
  wait(startCreate(name));
}

auto startRemove(const std::string& name) {
  auto request = volumes().removeRequest();
  request.setName(name.c_str());
  return request.send();
}

struct Mounted {
  schema::Fd::Client capability;
  kj::AutoCloseFd tree;
  bool empty;
};

Mounted mount(const std::string& name, bool readOnly = false) {
  auto request = volumes().mountRequest();
  request.setName(name.c_str());
  request.setReadOnly(readOnly);
  auto response = wait(request.send());
  auto tree = wait(takeFd(response.getTree(), "a volume").promise());
  return {response.getTree(), kj::mv(tree), response.getEmpty()};
}

void write(int tree, const std::string& name, const std::string& content) {
  auto file = os::openAt(tree, name, O_WRONLY | O_CREAT | O_TRUNC);
  os::writeAll(file, content.data(), content.size());
}

std::string read(int tree, const std::string& name) {
  return os::readAll(os::openAt(tree, name, O_RDONLY));
}

}  // namespace

TEST(VolumeConformance, VolumeHoldsWhatIsWritten) {
  create("data");
  auto first = mount("data");
  EXPECT_TRUE(first.empty);
  write(first.tree, "file", "kept");
  auto second = mount("data", true);
  EXPECT_FALSE(second.empty);
  EXPECT_EQ(read(second.tree, "file"), "kept");
  EXPECT_ANY_THROW(write(second.tree, "file", "no"));
}

TEST(VolumeConformance, OnceUsedItIsNotEmptyAgain) {
  create("data");
  auto mounted = mount("data");
  write(mounted.tree, "file", "x");
  os::removeAt(mounted.tree, "file");
  EXPECT_FALSE(mount("data").empty);
}

TEST(VolumeConformance, CreatingAgainNeedsTheSameOptions) {
  create("data");
  create("data");
  auto code = failureOf(startCreate("data", {{"surely-unknown", "x"}}));
  EXPECT_TRUE(code == ErrorCode::CONFLICT || code == ErrorCode::INVALID);
  EXPECT_EQ(failureOf(startCreate("other", {{"surely-unknown", "x"}})), ErrorCode::INVALID);
}

TEST(VolumeConformance, BadNamesAreRefused) {
  for (auto* name : {"", "..", "../escape", "a/b"}) {
    EXPECT_EQ(failureOf(startCreate(name)), ErrorCode::INVALID) << name;
  }
}

TEST(VolumeConformance, UnknownVolumes) {
  wait(startRemove("nobody-made-me"));
  auto request = volumes().mountRequest();
  request.setName("nobody-made-me");
  EXPECT_EQ(failureOf(request.send()), ErrorCode::NOT_FOUND);
  auto path = volumes().pathRequest();
  path.setName("nobody-made-me");
  EXPECT_EQ(failureOf(path.send()), ErrorCode::NOT_FOUND);
}

TEST(VolumeConformance, RemovedVolumeIsEmptyWhenMadeAnew) {
  create("data");
  {
    auto mounted = mount("data");
    write(mounted.tree, "file", "x");
    EXPECT_EQ(failureOf(startRemove("data")), ErrorCode::CONFLICT);
  }
  waitUntil(
      []() { return kj::runCatchingExceptions([]() { wait(startRemove("data")); }) == nullptr; },
      "the volume to be free");
  EXPECT_EQ(wait(volumes().listRequest().send()).getVolumes().size(), 0u);
  create("data");
  EXPECT_TRUE(mount("data").empty);
}

TEST(VolumeConformance, VolumesOutliveAKill) {
  create("data");
  write(mount("data").tree, "file", "kept");
  restartSubject();
  auto volumeList = wait(volumes().listRequest().send());
  ASSERT_EQ(volumeList.getVolumes().size(), 1u);
  EXPECT_EQ(std::string(volumeList.getVolumes()[0].getName().cStr()), "data");
  EXPECT_EQ(read(mount("data").tree, "file"), "kept");
}

TEST(VolumeConformance, UsageGrows) {
  create("data");
  write(mount("data").tree, "big", std::string(1 << 20, 'x'));
  auto request = volumes().usageRequest();
  request.setName("data");
  EXPECT_GE(wait(request.send()).getBytes(), 1u << 20);
}

TEST(VolumeConformance, TmpfsOptionsAreHonouredOrRefused) {
  OptionMap options{{"type", "tmpfs"}, {"device", "tmpfs"}, {"o", "size=64k"}};
  KJ_IF_MAYBE (exception,
               kj::runCatchingExceptions([&]() { wait(startCreate("memory", options)); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::INVALID);
    GTEST_SKIP() << "this driver has no such options";
  }
  auto first = mount("memory");
  EXPECT_TRUE(first.empty);
  write(first.tree, "file", "shared");
  EXPECT_EQ(read(mount("memory").tree, "file"), "shared");
  EXPECT_ANY_THROW(write(first.tree, "big", std::string(1 << 20, 'x')));
}

}  // namespace stave::conformance
