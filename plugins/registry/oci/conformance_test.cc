#include <gtest/gtest.h>
#include <stave/os/file.h>
#include <stave/testing/temp_directory.h>

#include <cstdlib>

#include "credentials.h"
#include "real_registry.h"

/// The suite of the registry contract with Debian's docker-registry as the place to push to.
namespace stave::oci {
namespace {

class Conformance : public ::testing::TestWithParam<const char*> {};

TEST_P(Conformance, Holds) {
  if (!RealRegistry::isInstalled())
    GTEST_SKIP() << "docker-registry, skopeo or htpasswd is missing";
  RealRegistry registry("alice", "secret");
  testing::TempDirectory directory("conformance");
  os::replaceFile(directory / "config.json", "{\"auths\": {\"" + registry.host() +
                                                 "\": {\"auth\": \"" +
                                                 encodeBase64("alice:secret") + "\"}}}");
  std::string modules = STAVE_PLUGIN_DIRECTORY;
  std::string command = "STAVE_REGISTRY_PLACE=" + registry.host() + "/test/%:latest " + modules +
                        "/../../bin/stave-conformance registry " + modules +
                        "/registry-oci.so --with content/local=" + modules +
                        "/content-local.so --isolation=" + GetParam() +
                        " --settings '{\"backoff\": 10, \"credentials\": \"" +
                        (directory / "config.json") + "\"}'";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
}

INSTANTIATE_TEST_SUITE_P(Isolations, Conformance, ::testing::Values("inline", "process"));

}  // namespace
}  // namespace stave::oci
