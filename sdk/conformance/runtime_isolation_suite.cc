// What a container sees, may do and may use: mounts, users, capabilities, filters, limits.
#include <fcntl.h>
#include <signal.h>
#include <stave/os/mount.h>
#include <sys/stat.h>

#include "runtime_fixture.h"

namespace stave::conformance {

namespace {

using Spec = schema::ContainerSpec::Builder;

constexpr const char* defaultCapabilities = "00000000a80425fb";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

schema::Mount::Builder oneMount(Spec spec, const char* target) {
  auto mount = spec.initMounts(1)[0];
  mount.setTarget(target);
  return mount;
}

}  // namespace

TEST_F(RuntimeConformance, AContainerSeesOnlyItself) {
  auto outcome = shell("hostname; echo $$; ls /; ps | grep -c sleep", [](Spec spec) {
    spec.setHostname("box");
    spec.setDomainname("example");
  });
  EXPECT_EQ(outcome.output.substr(0, 6), "box\n1\n");
  EXPECT_TRUE(contains(outcome.output, "data\n"));
  EXPECT_FALSE(contains(outcome.output, "boot\n"));
}

TEST_F(RuntimeConformance, NothingOfTheHostIsMounted) {
  auto outcome = shell("cat /proc/self/mountinfo | wc -l; ls /proc/self/fd | wc -l");
  EXPECT_LT(atoi(outcome.output.c_str()), 40);
  EXPECT_TRUE(contains(outcome.output, "\n4\n"))
      << outcome.output;  // three streams and the directory
}

TEST_F(RuntimeConformance, DevicesAreThere) {
  auto outcome = shell(
      "for i in null zero full random urandom tty; do test -c /dev/$i || echo no $i; done;"
      "head -c 4 /dev/zero | wc -c; echo x > /dev/null; ls /dev/shm /dev/pts /dev/mqueue;"
      "test -e /dev/stdin && echo link");
  EXPECT_EQ(outcome.errors, "");
  EXPECT_FALSE(contains(outcome.output, "no "));
  EXPECT_TRUE(contains(outcome.output, "4\n"));
  EXPECT_TRUE(contains(outcome.output, "link\n"));
}

TEST_F(RuntimeConformance, OtherDevicesCannotBeUsed) {
  auto outcome = shell("mknod /tmp/mem c 1 1 && head -c 1 /tmp/mem; echo code $?");
  EXPECT_FALSE(contains(outcome.output, "code 0")) << outcome.output;
}

TEST_F(RuntimeConformance, ADeviceCanBeGiven) {
  auto outcome = shell("test -c /dev/mine && echo there", [](Spec spec) {
    auto device = spec.initDevices(1)[0];
    device.setHostPath("/dev/null");
    device.setPath("/dev/mine");
  });
  EXPECT_EQ(outcome.output, "there\n");
}

TEST_F(RuntimeConformance, TheRootCanBeReadOnly) {
  auto outcome = shell("touch /data/x; echo $?; touch /dev/shm/x; echo $?",
                       [](Spec spec) { spec.initSecurity().setReadOnlyRoot(true); });
  EXPECT_EQ(outcome.output, "1\n0\n");
  EXPECT_TRUE(contains(outcome.errors, "Read-only file system"));
}

TEST_F(RuntimeConformance, ATmpfsHasItsOptions) {
  auto outcome =
      shell("stat -c %a /scratch; grep ' /scratch ' /proc/self/mountinfo", [](Spec spec) {
        auto mount = oneMount(spec, "/scratch");
        mount.setNosuid(true);
        auto tmpfs = mount.initTmpfs();
        tmpfs.setSizeBytes(1 << 20);
        tmpfs.setMode(0700);
        tmpfs.setOptions("noexec");
      });
  EXPECT_EQ(outcome.output.substr(0, 4), "700\n");
  EXPECT_TRUE(contains(outcome.output, "nosuid")) << outcome.output;
  EXPECT_TRUE(contains(outcome.output, "noexec")) << outcome.output;
  EXPECT_TRUE(contains(outcome.output, "size=1024k")) << outcome.output;
}

TEST_F(RuntimeConformance, AHostDirectoryIsBound) {
  std::string path = directory / "shared";
  auto bind = [&](bool readOnly) {
    return [&, readOnly](Spec spec) {
      auto mount = oneMount(spec, "/made/for/it");
      mount.setHostPath(path);
      mount.setCreateHostPath(true);
      mount.setReadOnly(readOnly);
    };
  };
  shell("echo content > /made/for/it/file", bind(false));
  EXPECT_EQ(os::readFile(path + "/file"), "content\n");
  EXPECT_TRUE(contains(shell("echo x > /made/for/it/file", bind(true)).errors, "Read-only"));
}

TEST_F(RuntimeConformance, AMissingHostPathIsNamed) {
  auto promise = requestCreate(
      "wrong", {"true"}, [](Spec spec) { oneMount(spec, "/x").setHostPath("/nonexistent/path"); });
  KJ_IF_MAYBE (exception, testing::failureOf(loop(), promise.ignoreResult())) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::INVALID);
    EXPECT_TRUE(contains(textOf(*exception), "/nonexistent/path"));
  } else {
    FAIL() << "mounted what is not there";
  }
}

TEST_F(RuntimeConformance, AFileCanBeGivenByContent) {
  auto outcome = shell("cat /etc/resolv.conf; echo more >> /etc/resolv.conf; cat /etc/resolv.conf",
                       [](Spec spec) {
                         auto content = kj::StringPtr("nameserver 192.0.2.1\n").asBytes();
                         oneMount(spec, "/etc/resolv.conf").setFileContent(content);
                       });
  EXPECT_EQ(outcome.output, "nameserver 192.0.2.1\nnameserver 192.0.2.1\nmore\n");
}

TEST_F(RuntimeConformance, TheStartMayReplaceTheContentOfAFile) {
  auto bytes = [](const char* text) { return kj::StringPtr(text).asBytes(); };
  auto container =
      create("late", {"sh", "-c", "test \"$(cat /etc/hosts)\" = late"}, [&](Spec spec) {
        oneMount(spec, "/etc/hosts").setFileContent(bytes("a long one from before\n"));
      });
  auto startWith = [&](const char* target) {
    auto request = container.startRequest();
    auto file = request.initFiles(1)[0];
    file.setTarget(target);
    file.setContent(bytes("late\n"));
    return request.send();
  };
  EXPECT_EQ(failureOf(startWith("/etc/passwd")), ErrorCode::INVALID);
  wait(startWith("/etc/hosts"));
  EXPECT_EQ(exitCode(container), 0);
  remove(container);
}

TEST_F(RuntimeConformance, ATreeIsMountedAndFilledFromTheImage) {
  os::makeDirectories(directory / "volume");
  auto outcome = shell("cat /data/from-image; touch /data/new", [&](Spec spec) {
    auto mount = oneMount(spec, "/data");
    mount.setTree(makeFd(os::cloneTree(directory / "volume", false)));
    mount.setCopyUp(true);
  });
  EXPECT_EQ(outcome.output, "image\n");
  EXPECT_TRUE(os::exists(directory / "volume/new"));
  EXPECT_TRUE(os::exists(directory / "volume/from-image"));
  EXPECT_FALSE(os::exists(rootPath + "/data/new"));
}

TEST_F(RuntimeConformance, ALinkInTheImageCannotLeadOut) {
  os::makeDirectories(directory / "shared");
  os::makeDirectories(directory / "outside");
  symlink((directory / "outside").c_str(), (rootPath + "/trap").c_str());
  shell("true", [&](Spec spec) { oneMount(spec, "/trap/made").setHostPath(directory / "shared"); });
  EXPECT_FALSE(os::exists(directory / "outside/made"));
}

TEST_F(RuntimeConformance, UsersAreLookedUpInTheImage) {
  auto as = [&](const char* user) {
    return shell("id -u; id -g; echo $(id -G); echo $HOME", [&](Spec spec) { spec.setUser(user); })
        .output;
  };
  EXPECT_EQ(as(""), "0\n0\n0\n/root\n");
  EXPECT_EQ(as("alice"), "1000\n1000\n1000 10\n/home/alice\n");
  EXPECT_EQ(as("alice:wheel"), "1000\n10\n10\n/home/alice\n");
  EXPECT_EQ(as("4242:4343"), "4242\n4343\n4343\n/\n");
  auto unknown = requestCreate("wrong", {"true"}, [](Spec spec) { spec.setUser("nobody-knows"); });
  EXPECT_EQ(failureOf(kj::mv(unknown)), ErrorCode::INVALID);
}

TEST_F(RuntimeConformance, CapabilitiesAreFew) {
  auto sets = [&](Configure configure) {
    return shell("grep -E 'Cap(Eff|Bnd|Inh|Amb)' /proc/self/status", kj::mv(configure)).output;
  };
  auto usual = sets([](auto) {});
  EXPECT_TRUE(contains(usual, std::string("CapEff:\t") + defaultCapabilities)) << usual;
  EXPECT_TRUE(contains(usual, std::string("CapBnd:\t") + defaultCapabilities)) << usual;
  EXPECT_TRUE(contains(usual, "CapInh:\t0000000000000000")) << usual;
  auto user = sets([](Spec spec) { spec.setUser("alice"); });
  EXPECT_TRUE(contains(user, "CapEff:\t0000000000000000")) << user;
  EXPECT_TRUE(contains(user, std::string("CapBnd:\t") + defaultCapabilities)) << user;
  auto changed = sets([](Spec spec) {
    setTexts(spec.initSecurity().initDropCapabilities(1), {"ALL"});
    setTexts(spec.getSecurity().initAddCapabilities(1), {"net_admin"});
  });
  EXPECT_TRUE(contains(changed, "CapEff:\t0000000000001000")) << changed;
}

TEST_F(RuntimeConformance, SystemCallsAreFiltered) {
  auto status = [&](Configure configure) {
    return shell("grep -E 'Seccomp:|NoNewPrivs' /proc/self/status; unshare -u true; echo $?",
                 kj::mv(configure))
        .output;
  };
  EXPECT_EQ(status([](auto) {}), "NoNewPrivs:\t0\nSeccomp:\t2\n1\n");
  auto unconfined = status([](Spec spec) {
    spec.initSecurity().setSeccomp("unconfined");
    spec.getSecurity().setNoNewPrivileges(true);
  });
  EXPECT_TRUE(contains(unconfined, "NoNewPrivs:\t1\nSeccomp:\t0\n")) << unconfined;
  auto custom = status([](Spec spec) {
    spec.initSecurity().setSeccomp(
        R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            {"names": ["uname"], "action": "SCMP_ACT_ERRNO", "errnoRet": 22}]})");
  });
  EXPECT_TRUE(contains(custom, "Seccomp:\t2")) << custom;
}

TEST_F(RuntimeConformance, ABrokenFilterIsInvalid) {
  auto promise =
      requestCreate("wrong", {"true"}, [](Spec spec) { spec.initSecurity().setSeccomp("{"); });
  EXPECT_EQ(failureOf(kj::mv(promise)), ErrorCode::INVALID);
}

TEST_F(RuntimeConformance, KernelFilesAreProtected) {
  const char* script =
      "head -c 1 /proc/kcore | wc -c; ls /sys/firmware | wc -l; (echo 1 > "
      "/proc/sys/vm/swappiness); echo $?;"
      "touch /sys/x; echo $?";
  auto outcome = shell(script);
  EXPECT_EQ(outcome.output, "0\n0\n1\n1\n") << outcome.errors;
  EXPECT_TRUE(contains(outcome.errors, "Read-only file system"));
}

TEST_F(RuntimeConformance, APrivilegedContainerIsNotHeldBack) {
  auto outcome = shell("grep Seccomp: /proc/self/status; mount -t tmpfs none /data && echo mounted",
                       [](Spec spec) { spec.initSecurity().setPrivileged(true); });
  EXPECT_EQ(outcome.output, "Seccomp:\t0\nmounted\n") << outcome.errors;
}

TEST_F(RuntimeConformance, LimitsOfProcessesAreSet) {
  auto outcome = shell("ulimit -n; ulimit -c", [](Spec spec) {
    auto limits = spec.initRlimits(2);
    limits[0].setName("nofile");
    limits[0].setSoft(100);
    limits[0].setHard(200);
    limits[1].setName("core");
  });
  EXPECT_EQ(outcome.output, "100\n0\n");
  auto unknown =
      requestCreate("wrong", {"true"}, [](Spec spec) { spec.initRlimits(1)[0].setName("x"); });
  EXPECT_EQ(failureOf(kj::mv(unknown)), ErrorCode::INVALID);
}

TEST_F(RuntimeConformance, ALimitThatCannotBeRaisedIsSurvived) {
  auto outcome = shell("ulimit -n", [](Spec spec) {
    auto limit = spec.initRlimits(1)[0];
    limit.setName("nofile");
    limit.setSoft(1 << 20);
    limit.setHard(1 << 20);
  });
  EXPECT_EQ(outcome.code, 0);
  EXPECT_GT(atoi(outcome.output.c_str()), 0);
}

TEST_F(RuntimeConformance, OnlyNamespacedSysctlsAreSet) {
  auto outcome = shell("cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmni", [&](Spec spec) {
    spec.setNetwork(newNetwork());
    auto sysctls = spec.initSysctls(2);
    sysctls[0].setKey("net.ipv4.ip_forward");
    sysctls[0].setValue("1");
    sysctls[1].setKey("kernel.shmmni");
    sysctls[1].setValue("77");
  });
  EXPECT_EQ(outcome.output, "1\n77\n");
  auto wrong = requestCreate("wrong", {"true"},
                             [](Spec spec) { spec.initSysctls(1)[0].setKey("vm.swappiness"); });
  EXPECT_EQ(failureOf(kj::mv(wrong)), ErrorCode::INVALID);
}

TEST_F(RuntimeConformance, ANetworkNamespaceIsEntered) {
  auto network = newNetwork();
  auto outcome = shell("grep -c : /proc/net/dev", [&](Spec spec) { spec.setNetwork(network); });
  EXPECT_EQ(outcome.output, "1\n");
}

TEST_F(RuntimeConformance, NamespacesAreShared) {
  started("base", {"sleep", "1000"}, [](Spec spec) { spec.setHostname("shared-name"); });
  auto outcome = shell("hostname; ps | grep -c 'sleep 1000$'", [](Spec spec) {
    spec.getPid().setContainer("base");
    spec.getUts().setContainer("base");
    spec.getIpc().setContainer("base");
  });
  EXPECT_EQ(outcome.output, "shared-name\n1\n");
}

TEST_F(RuntimeConformance, WithoutItsOwnProcessNamespaceNothingIsLeft) {
  auto container = started("hostpid", {"sh", "-c", "sleep 1000 & exit 0"},
                           [](Spec spec) { spec.getPid().setHost(); });
  EXPECT_EQ(exitCode(container), 0);
  EXPECT_EQ(wait(container.processesRequest().send()).getPids().size(), 0u);
}

TEST_F(RuntimeConformance, AnInitReapsAndForwards) {
  auto container =
      started("init", {"sh", "-c", "trap 'exit 12' TERM; while true; do sleep 0.05; done"},
              [](Spec spec) { spec.setInit(true); });
  EXPECT_EQ(exec(container, {"ps"}).code, 0);
  testing::runFor(loop(), 100 * kj::MILLISECONDS);
  auto signal = container.signalRequest();
  signal.setNumber(SIGTERM);
  wait(signal.send());
  EXPECT_EQ(exitCode(container), 12);
}

TEST_F(RuntimeConformance, AWorkingDirectoryIsMade) {
  EXPECT_EQ(shell("pwd", [](Spec spec) { spec.setWorkingDirectory("/made/here"); }).output,
            "/made/here\n");
}

TEST_F(RuntimeConformance, MemoryIsLimited) {
  auto outcome = shell("dd if=/dev/zero of=/dev/shm/x bs=1M count=60; echo $?", [](Spec spec) {
    spec.initResources().setMemory(24 << 20);
    spec.getResources().setMemorySwap(24 << 20);
  });
  EXPECT_TRUE(outcome.code == 137 || contains(outcome.output, "137")) << outcome.output;
  EXPECT_TRUE(outcome.oomKilled);
}

TEST_F(RuntimeConformance, ProcessesAreLimited) {
  auto outcome = shell("for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait",
                       [](Spec spec) { spec.initResources().setPids(4); });
  EXPECT_TRUE(contains(outcome.errors, "can't fork")) << outcome.errors;
}

TEST_F(RuntimeConformance, LimitsChangeWhileItRuns) {
  auto container = started("limits", {"sleep", "1000"},
                           [](Spec spec) { spec.initResources().setMemory(64 << 20); });
  auto limit = [&] {
    return wait(container.statisticsRequest().send()).getStatistics().getMemoryLimit();
  };
  EXPECT_EQ(limit(), 64u << 20);
  auto update = [&](auto set) {
    auto request = container.updateRequest();
    set(request.initResources());
    return request.send();
  };
  wait(update([](auto resources) {
    resources.setMemory(32 << 20);
    resources.setPids(77);
  }));
  EXPECT_EQ(limit(), 32u << 20);
  EXPECT_EQ(wait(container.statisticsRequest().send()).getStatistics().getPidsLimit(), 77u);
  EXPECT_EQ(failureOf(update([](auto resources) { resources.setCpuShares(1); })),
            ErrorCode::INVALID);
}

TEST_F(RuntimeConformance, StatisticsGrow) {
  auto container = started("busy", {"sh", "-c", "while true; do :; done"});
  auto cpu = [&] {
    return wait(container.statisticsRequest().send()).getStatistics().getCpuNanos();
  };
  uint64_t before = cpu();
  waitUntil([&] { return cpu() > before + 10'000'000; }, "processor time");
  auto statisticsReply = wait(container.statisticsRequest().send());
  auto statistics = statisticsReply.getStatistics();
  EXPECT_GE(statistics.getPids(), 1u);
  EXPECT_GT(statistics.getMemoryUsage(), 0u);
  EXPECT_GT(statistics.getSystemCpuNanos(), 0u);
  EXPECT_GT(statistics.getOnlineCpus(), 0u);
}

TEST_F(RuntimeConformance, AUserNamespaceMapsItsRoot) {
  if (!wait(runtime().featuresRequest().send()).getUserNamespaces()) GTEST_SKIP();
  std::string writable = directory / "writable";
  os::makeDirectories(writable);
  chown(writable.c_str(), 100'000, 100'000);
  auto outcome =
      shell("id -u; cat /proc/self/uid_map; touch /mine/file; cat /proc/self/mountinfo | wc -l",
            [&](Spec spec) {
              spec.initSecurity().setUserNamespace(true);
              for (auto mapping : {spec.initUidMappings(1)[0], spec.initGidMappings(1)[0]}) {
                mapping.setOutside(100'000);
                mapping.setCount(65'536);
              }
              spec.setNetwork(newNetwork());
              oneMount(spec, "/mine").setHostPath(writable);
              os::makeDirectories(rootPath + "/mine");
            });
  EXPECT_EQ(outcome.output.substr(0, 2), "0\n") << outcome.errors;
  EXPECT_TRUE(contains(outcome.output, "100000"));
  struct stat found {};
  ASSERT_EQ(stat((writable + "/file").c_str(), &found), 0);
  EXPECT_EQ(found.st_uid, 100'000u);
}

TEST_F(RuntimeConformance, NamespacesCanBeEntered) {
  auto container = started("open", {"sleep", "1000"});
  auto reply = wait(container.namespacesRequest().send());
  auto inside = wait(takeFd(reply.getRoot(), "the root").promise());
  EXPECT_GE(os::openAt(inside, "data/from-image", O_RDONLY).get(), 0);
  EXPECT_GE(wait(takeFd(reply.getNetwork(), "the network").promise()).get(), 0);
}

TEST_F(RuntimeConformance, FeaturesAreTold) {
  auto features = wait(runtime().featuresRequest().send());
  EXPECT_TRUE(features.getCgroupVersion() == 1 || features.getCgroupVersion() == 2);
}

}  // namespace stave::conformance
