#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/image/config.h>
#include <stave/image/digest.h>

namespace stave::image {
namespace {

const char* sample = R"({
  "created": "2024-01-02T03:04:05Z", "author": "somebody", "architecture": "arm", "variant": "v7",
  "os": "linux", "unknown member": {"x": 1},
  "config": {"User": "1:2", "Env": ["A=b"], "Entrypoint": ["/e"], "Cmd": null, "WorkingDir": "/w",
    "ExposedPorts": {"80/tcp": {}}, "Volumes": {"/data": {}}, "Labels": {"l": "v"},
    "StopSignal": "SIGINT", "StopTimeout": 7, "Shell": ["/bin/bash", "-c"],
    "OnBuild": ["RUN x"], "Healthcheck": {"Test": ["CMD", "true"], "Interval": 1000, "Retries": 3}},
  "rootfs": {"type": "layers", "diff_ids": [
    "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]},
  "history": [{"created_by": "ADD", "empty_layer": false},
              {"created_by": "CMD", "empty_layer": true}]
})";

TEST(ImageConfig, IsRead) {
  ImageConfig config = parseConfig(sample, "test");
  EXPECT_EQ(config.platform.text(), "linux/arm/v7");
  EXPECT_EQ(config.run.user, "1:2");
  EXPECT_EQ(config.run.entrypoint, std::vector<std::string>{"/e"});
  EXPECT_TRUE(config.run.command.empty());
  EXPECT_EQ(config.run.exposedPorts, std::vector<std::string>{"80/tcp"});
  EXPECT_EQ(config.run.volumes, std::vector<std::string>{"/data"});
  EXPECT_EQ(config.run.stopTimeout, 7);
  EXPECT_EQ(config.run.healthcheck->retries, 3);
  EXPECT_EQ(config.diffIds.size(), 1u);
  ASSERT_EQ(config.history.size(), 2u);
  EXPECT_TRUE(config.history[1].emptyLayer);
}

TEST(ImageConfig, IsWrittenAndReadAgain) {
  ImageConfig config = parseConfig(sample, "test");
  std::string written = write(config);
  EXPECT_EQ(write(parseConfig(written, "test")), written);
  EXPECT_EQ(parseConfig(written, "test").run.labels.at("l"), "v");
}

TEST(ImageConfig, RefusesWithThePath) {
  auto refusal = [](const std::string& bytes) {
    try {
      parseConfig(bytes, "config of x");
      ADD_FAILURE() << bytes << " was taken";
    } catch (const kj::Exception& exception) {
      EXPECT_EQ(codeOf(exception), ErrorCode::INVALID);
      return textOf(exception);
    }
    return std::string();
  };
  EXPECT_NE(refusal("{}").find("config of x: rootfs: is missing"), std::string::npos);
  EXPECT_NE(refusal(R"({"rootfs":{"type":"tar"}})").find("rootfs.type"), std::string::npos);
  EXPECT_NE(refusal(R"({"rootfs":{"type":"layers","diff_ids":["x"]}})").find("diff_ids"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"config":{"Env":"x"},"rootfs":{"type":"layers"}})").find("config.Env"),
            std::string::npos);
}

TEST(ImageConfig, ChainIds) {
  std::string a = digestOf("a"), b = digestOf("b"), c = digestOf("c");
  std::vector<std::string> chain = chainIds({a, b, c});
  ASSERT_EQ(chain.size(), 3u);
  EXPECT_EQ(chain[0], a);
  EXPECT_EQ(chain[1], digestOf(a + " " + b));
  EXPECT_EQ(chain[2], digestOf(chain[1] + " " + c));
  EXPECT_TRUE(chainIds({}).empty());
}

}  // namespace
}  // namespace stave::image
