#include "run_options.h"

#include <gtest/gtest.h>
#include <stave/client.h>
#include <stave/schema/objects/pod.capnp.h>

namespace stave::cli {
namespace {

RunSurroundings around() {
  RunSurroundings surroundings;
  surroundings.environment = {{"HOME", "/root"}};
  surroundings.workingDirectory = "/cwd";
  surroundings.readFile = [](const std::string&) { return std::string("FROM=file\nA=file\n"); };
  surroundings.width = 80;
  surroundings.height = 24;
  return surroundings;
}

/// The pod that a command line makes.
ObjectCopy podOf(const std::vector<std::string>& line) {
  RunOptions options;
  Flags flags;
  declareRunFlags(flags, options);
  auto parsed = parseFlags(flags, line, true);
  ObjectCopy pod;
  fillPod(options, parsed.arguments, around(), pod.builder());
  return pod;
}

schema::PodContainer::Reader containerOf(const ObjectCopy& pod) {
  return pod.spec<schema::PodSpec>().getContainers()[0];
}

TEST(RunFlags, EndAtTheImage) {
  auto pod = podOf({"-it", "--rm", "--name=web", "debian:12", "ls", "-l", "--rm"});
  auto container = containerOf(pod);
  EXPECT_EQ(pod.name(), "web");
  EXPECT_EQ(container.getImage(), "debian:12");
  ASSERT_EQ(container.getArguments().size(), 3u);
  EXPECT_EQ(container.getArguments()[2], "--rm");
  EXPECT_TRUE(container.getTerminal());
  EXPECT_TRUE(container.getOpenStdin());
  EXPECT_EQ(container.getConsoleWidth(), 80);
  EXPECT_TRUE(pod.spec<schema::PodSpec>().getRemoveWhenDone());
}

TEST(RunFlags, AContainerIsCalledMainAndRuns) {
  auto pod = podOf({"debian"});
  EXPECT_EQ(containerOf(pod).getName(), "main");
  EXPECT_EQ(pod.spec<schema::PodSpec>().getDesired(), schema::PodSpec::Desired::RUNNING);
  EXPECT_FALSE(pod.name().empty());
}

TEST(RunFlags, EnvironmentHasAnOrder) {
  auto pod = podOf({"--env-file", "f", "-e", "A=flag", "-e", "HOME", "-e", "NOT_SET", "x"});
  auto environment = containerOf(pod).getEnvironment();
  ASSERT_EQ(environment.size(), 3u);
  EXPECT_EQ(environment[0].getKey(), "FROM");
  EXPECT_EQ(environment[1].getValue(), "flag");
  EXPECT_EQ(environment[2].getValue(), "/root");
}

TEST(RunFlags, EntrypointReplacesOrClears) {
  EXPECT_EQ(containerOf(podOf({"--entrypoint", "/bin/x", "i", "a"})).getCommand()[0], "/bin/x");
  EXPECT_TRUE(containerOf(podOf({"--entrypoint", "", "i", "a"})).getClearCommand());
  EXPECT_TRUE(containerOf(podOf({"--entrypoint=", "i", "a"})).getClearCommand());
}

TEST(RunFlags, VolumesBecomePodVolumesAndMounts) {
  auto pod = podOf({"-v", "/a:/b:ro", "-v", "data:/d", "--tmpfs", "/t:size=1m", "i"});
  auto volumes = pod.spec<schema::PodSpec>().getVolumes();
  auto mounts = containerOf(pod).getMounts();
  ASSERT_EQ(volumes.size(), 3u);
  EXPECT_EQ(volumes[0].getHostPath(), "/a");
  EXPECT_TRUE(mounts[0].getReadOnly());
  EXPECT_TRUE(mounts[0].getCreateHostPath());
  EXPECT_EQ(volumes[1].getVolume(), "data");
  EXPECT_EQ(volumes[2].getTmpfs().getSizeBytes(), 1u << 20);
  EXPECT_EQ(mounts[2].getVolume(), volumes[2].getName());
}

TEST(RunFlags, PortsAndNetworks) {
  auto pod =
      podOf({"-p8080:80", "--network", "back", "--ip", "10.0.0.9", "--network-alias", "db", "i"});
  auto spec = pod.spec<schema::PodSpec>();
  EXPECT_EQ(spec.getPorts()[0].getHostPort(), 8080);
  EXPECT_EQ(spec.getNetworks()[0].getNetwork(), "back");
  EXPECT_EQ(spec.getNetworks()[0].getIpv4(), "10.0.0.9");
  EXPECT_EQ(spec.getNetworks()[0].getAliases()[0], "db");
  EXPECT_EQ(podOf({"--net=container:web", "i"}).spec<schema::PodSpec>().getNetworkFrom(), "web");
}

TEST(RunFlags, Resources) {
  auto pod = podOf({"-m", "64m", "--memory-swap", "-1", "--cpus", "0.5", "--pids-limit", "-1",
                    "--device-read-bps", "/dev/vda:1m", "--device-write-iops", "/dev/vda:5", "i"});
  auto resources = containerOf(pod).getResources();
  EXPECT_EQ(resources.getMemory(), 64u << 20);
  EXPECT_EQ(resources.getMemorySwap(), -1);
  EXPECT_EQ(resources.getCpuMillis(), 500u);
  EXPECT_EQ(resources.getPids(), -1);
  ASSERT_EQ(resources.getDevices().size(), 1u);
  EXPECT_EQ(resources.getDevices()[0].getReadBytesPerSecond(), 1u << 20);
  EXPECT_EQ(resources.getDevices()[0].getWriteOperationsPerSecond(), 5u);
}

TEST(RunFlags, Security) {
  auto pod = podOf({"--cap-add", "NET_ADMIN", "--security-opt", "no-new-privileges",
                    "--security-opt", "seccomp=unconfined", "--read-only", "--privileged", "i"});
  auto security = containerOf(pod).getSecurity();
  EXPECT_EQ(security.getAddCapabilities()[0], "NET_ADMIN");
  EXPECT_TRUE(security.getNoNewPrivileges());
  EXPECT_EQ(security.getSeccomp(), "unconfined");
  EXPECT_TRUE(security.getReadOnlyRoot());
  EXPECT_TRUE(security.getPrivileged());
}

TEST(RunFlags, HealthAndRestart) {
  auto pod =
      podOf({"--health-cmd", "true", "--health-interval", "5s", "--restart=on-failure:3", "i"});
  EXPECT_TRUE(containerOf(pod).getHealth().getShell());
  EXPECT_EQ(containerOf(pod).getHealth().getIntervalMs(), 5000u);
  auto policy = pod.spec<schema::PodSpec>().getRestartPolicy();
  EXPECT_EQ(policy.getMode(), schema::RestartPolicy::Mode::ON_FAILURE);
  EXPECT_EQ(policy.getMaximumRetries(), 3u);
}

std::string errorOf(const std::vector<std::string>& line) {
  try {
    podOf(line);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(RunFlags, ContradictionsAreErrors) {
  EXPECT_EQ(errorOf({"--rm", "--restart=always", "i"}), "--rm conflicts with --restart");
  EXPECT_NE(errorOf({"--link", "db", "i"}).find("links are gone"), std::string::npos);
  EXPECT_NE(errorOf({"-m", "1m", "i"}), "");
  EXPECT_NE(errorOf({"--ip", "10.0.0.1", "i"}), "");
  EXPECT_NE(errorOf({"-v", "/a:/x", "-v", "/b:/x", "i"}), "");
  EXPECT_NE(errorOf({"--oom-score-adj", "2000", "i"}), "");
  EXPECT_NE(errorOf({"--pull", "often", "i"}), "");
}

TEST(RunFlags, UnknownOnesAreNamed) {
  EXPECT_EQ(errorOf({"--frobnicate", "i"}), "unknown flag: --frobnicate");
  EXPECT_NE(errorOf({"--memory", "lots", "i"}).find("invalid argument \"lots\" for \"--memory\""),
            std::string::npos);
}

}  // namespace
}  // namespace stave::cli
