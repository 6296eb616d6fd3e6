#include "cgroup.h"

#include <capnp/message.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <stave/error.h>
#include <stave/testing/temp_directory.h>

#include "cgroup_files.h"
#include "device_program.h"

namespace stave::native {
namespace {

ErrorCode failureOf(std::function<void()> action) {
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions(action)) {
    return codeOf(*exception);
  }
  ADD_FAILURE() << "succeeded";
  return ErrorCode::INTERNAL;
}

/// A directory of plain files in place of a version 2 hierarchy.
struct FakeV2 : ::testing::Test {
  ~FakeV2() noexcept override {}

  FakeV2() {
    put("cgroup.controllers", "cpu memory pids io cpuset\n");
    put("cgroup.subtree_control", "");
    os::makeDirectories(mount / "stave");
    put("stave/cgroup.controllers", "cpu memory pids\n");
    put("stave/cgroup.subtree_control", "");
    os::makeDirectories(mount / "stave/one");
    for (const char* name : {"cpu.max", "cpu.weight", "memory.max", "memory.swap.max", "memory.low",
                             "pids.max", "cgroup.freeze", "cgroup.procs"}) {
      put(std::string("stave/one/") + name, "");
    }
    driver = openCgroups(mount.path());
    cgroup = driver->at("stave/one");
  }

  void put(const std::string& path, const std::string& text) {
    os::replaceFile(mount / path, text);
  }
  std::string got(const char* name) {
    return os::readFile(mount / (std::string("stave/one/") + name));
  }

  testing::TempDirectory mount;
  std::unique_ptr<CgroupDriver> driver;
  std::unique_ptr<Cgroup> cgroup;
  capnp::MallocMessageBuilder message;
  schema::Resources::Builder resources = message.initRoot<schema::Resources>();
};

TEST_F(FakeV2, ItIsRecognised) {
  EXPECT_EQ(driver->version(), 2u);
  EXPECT_TRUE(driver->missing().empty());
}

TEST_F(FakeV2, ControllersAreHandedDown) {
  cgroup->create();
  EXPECT_EQ(os::readFile(mount / "cgroup.subtree_control").substr(0, 1), "+");
  EXPECT_EQ(os::readFile(mount / "stave/cgroup.subtree_control").substr(0, 1), "+");
}

TEST_F(FakeV2, LimitsAreWritten) {
  resources.setCpuMillis(1500);
  resources.setCpuShares(1024);
  resources.setMemory(64 << 20);
  resources.setMemorySwap(100 << 20);
  resources.setMemoryReservation(32 << 20);
  resources.setPids(50);
  cgroup->apply(resources);
  EXPECT_EQ(got("cpu.max"), "150000 100000");
  EXPECT_EQ(got("cpu.weight"), "39");
  EXPECT_EQ(got("memory.max"), "67108864");
  EXPECT_EQ(got("memory.swap.max"), std::to_string(36 << 20));
  EXPECT_EQ(got("memory.low"), "33554432");
  EXPECT_EQ(got("pids.max"), "50");
}

TEST_F(FakeV2, UnlimitedIsMax) {
  resources.setCpuQuotaMicros(-1);
  resources.setMemorySwap(-1);
  resources.setPids(-1);
  cgroup->apply(resources);
  EXPECT_EQ(got("cpu.max"), "max 100000");
  EXPECT_EQ(got("memory.swap.max"), "max");
  EXPECT_EQ(got("pids.max"), "max");
}

TEST_F(FakeV2, NothingWantedWritesNothing) {
  cgroup->apply(resources);
  for (const char* name : {"cpu.max", "cpu.weight", "memory.max", "pids.max"})
    EXPECT_EQ(got(name), "");
}

TEST_F(FakeV2, AMissingControllerIsUnsupported) {
  resources.setCpuset("0");
  EXPECT_EQ(failureOf([&] { cgroup->apply(resources); }), ErrorCode::UNSUPPORTED);
}

TEST_F(FakeV2, FreezingIsWritten) {
  put("stave/one/cgroup.events", "populated 1\nfrozen 1\n");
  cgroup->setFrozen(true);
  EXPECT_EQ(got("cgroup.freeze"), "1");
  EXPECT_TRUE(cgroup->frozen());
  EXPECT_TRUE(cgroup->freezing());
}

TEST_F(FakeV2, StatisticsAreRead) {
  put("stave/one/cpu.stat",
      "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\nnr_periods 4\n"
      "nr_throttled 2\nthrottled_usec 9\n");
  put("stave/one/memory.current", "1000\n");
  put("stave/one/memory.stat", "anon 5\nfile 600\ninactive_file 300\n");
  put("stave/one/memory.max", "max\n");
  put("stave/one/memory.events", "low 0\noom 1\noom_kill 3\n");
  put("stave/one/pids.current", "2\n");
  put("stave/one/io.stat",
      "8:0 rbytes=10 wbytes=20 rios=1 wios=2\n8:16 rbytes=5 wbytes=0 rios=1 wios=0\n");
  auto statistics = message.initRoot<schema::ContainerStatistics>();
  cgroup->readStatistics(statistics);
  EXPECT_EQ(statistics.getCpuNanos(), 1'500'000u);
  EXPECT_EQ(statistics.getThrottledPeriods(), 2u);
  EXPECT_EQ(statistics.getMemoryUsage(), 700u);
  EXPECT_EQ(statistics.getMemoryCache(), 600u);
  EXPECT_EQ(statistics.getMemoryLimit(), 0u);
  EXPECT_EQ(statistics.getOomKills(), 3u);
  EXPECT_EQ(statistics.getReadBytes(), 15u);
  EXPECT_EQ(statistics.getWriteOperations(), 2u);
}

TEST(Resources, WhatIsOutOfRangeIsNamed) {
  auto check = [](auto set) {
    capnp::MallocMessageBuilder message;
    auto resources = message.initRoot<schema::Resources>();
    set(resources);
    return failureOf([&] { checkResources(resources); });
  };
  EXPECT_EQ(check([](auto r) { r.setCpuShares(1); }), ErrorCode::INVALID);
  EXPECT_EQ(check([](auto r) { r.setMemory(1000); }), ErrorCode::INVALID);
  EXPECT_EQ(check([](auto r) { r.setMemory(64 << 20), r.setMemorySwap(32 << 20); }),
            ErrorCode::INVALID);
  EXPECT_EQ(check([](auto r) { r.setCpuset("0;rm"); }), ErrorCode::INVALID);
  EXPECT_EQ(check([](auto r) { r.setMemorySwappiness(101); }), ErrorCode::INVALID);
  EXPECT_EQ(check([](auto r) { r.setCpuMillis(5), r.setCpuQuotaMicros(5); }), ErrorCode::INVALID);
}

TEST(Cgroups, NoneAreUnsupported) {
  testing::TempDirectory empty;
  EXPECT_EQ(failureOf([&] { openCgroups(empty.path()); }), ErrorCode::UNSUPPORTED);
}

/// Runs the program on one access, as the kernel would.
bool allows(const std::vector<DeviceRule>& rules, int type, int access, int major, int minor) {
  int64_t registers[11] = {};
  int context[3] = {type | access << 16, major, minor};
  auto program = deviceProgram(rules);
  for (size_t at = 0; at < program.size(); at++) {
    auto& one = program[at];
    int64_t& target = registers[one.registers & 15];
    int64_t source = registers[one.registers >> 4];
    switch (one.code) {
      case BPF_LDX | BPF_W | BPF_MEM:
        target = context[one.offset / 4];
        break;
      case BPF_ALU64 | BPF_MOV | BPF_X:
        target = source;
        break;
      case BPF_ALU64 | BPF_MOV | BPF_K:
        target = one.immediate;
        break;
      case BPF_ALU64 | BPF_AND | BPF_K:
        target &= one.immediate;
        break;
      case BPF_ALU64 | BPF_RSH | BPF_K:
        target >>= one.immediate;
        break;
      case BPF_JMP | BPF_JNE | BPF_K:
        at += target != one.immediate ? one.offset : 0;
        break;
      case BPF_JMP | BPF_EXIT:
        return registers[0] == 1;
      default:
        ADD_FAILURE() << "instruction " << int(one.code);
        return false;
    }
  }
  ADD_FAILURE() << "ran over the end";
  return false;
}

TEST(DeviceProgram, OnlyWhatIsAllowedIs) {
  auto rules = defaultDeviceRules();
  rules.push_back({'b', 8, 1, "r"});
  EXPECT_TRUE(allows(rules, BPF_DEVCG_DEV_CHAR, BPF_DEVCG_ACC_READ, 1, 3));
  EXPECT_FALSE(allows(rules, BPF_DEVCG_DEV_CHAR, BPF_DEVCG_ACC_READ, 1, 1));
  EXPECT_TRUE(allows(rules, BPF_DEVCG_DEV_CHAR, BPF_DEVCG_ACC_MKNOD, 1, 1));
  EXPECT_TRUE(allows(rules, BPF_DEVCG_DEV_CHAR, BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE, 136, 5));
  EXPECT_TRUE(allows(rules, BPF_DEVCG_DEV_BLOCK, BPF_DEVCG_ACC_READ, 8, 1));
  EXPECT_FALSE(allows(rules, BPF_DEVCG_DEV_BLOCK, BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE, 8, 1));
  EXPECT_FALSE(allows(rules, BPF_DEVCG_DEV_BLOCK, BPF_DEVCG_ACC_READ, 1, 3));
}

TEST(CgroupFiles, NumbersAreFoundByTheirWholeName) {
  EXPECT_EQ(numberOf("oom 1\noom_kill 5\n", "oom_kill"), 5u);
  EXPECT_EQ(numberOf("oom_kill_disable 0\nunder_oom 0\noom_kill 2", "oom_kill"), 2u);
  EXPECT_EQ(numberOf("", "x"), 0u);
  EXPECT_GT(readMachineUsage().memory, 0u);
  EXPECT_GT(readMachineUsage().cpus, 0u);
}

}  // namespace
}  // namespace stave::native
