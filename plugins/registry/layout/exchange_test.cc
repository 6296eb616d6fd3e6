#include <fcntl.h>
#include <gtest/gtest.h>
#include <stave/image/blobs.h>
#include <stave/image/digest.h>
#include <stave/loop.h>
#include <stave/os/file.h>
#include <stave/schema/registry.capnp.h>
#include <stave/testing/fake_broker.h>
#include <stave/testing/plugin_harness.h>
#include <stave/testing/temp_directory.h>
#include <stave/testing/wait.h>

#include <cstdlib>

/// The plug-in beside a real content plug-in, with skopeo and tar on the other side.
namespace stave::layout {
namespace {

struct Pulled {
  std::string manifest, config;
  std::vector<std::string> layers, mediaTypes, diffIds;
};

std::string pluginFile(const std::string& name) {
  return std::string(STAVE_PLUGIN_DIRECTORY) + "/" + name + ".so";
}

class Exchange : public ::testing::Test {
 protected:
  Exchange() {
    content_.start();
    broker_.provide("content", "local", content_.anyService());
    registry_.start();
    makeLayout();
  }

  void run(const std::string& command) {
    std::string log = directory_ / "command.log";
    std::string whole = "cd " + directory_.path() + " && (" + command + ") > " + log + " 2>&1";
    ASSERT_EQ(std::system(whole.c_str()), 0) << command << ": " << os::readFile(log);
  }
  void skopeo(const std::string& from, const std::string& to, const std::string& options = "") {
    run("skopeo --insecure-policy copy " + options + " " + from + " " + to);
  }
  /// Without this skopeo compresses what is plain, and the manifest is another one.
  void skopeoAsIs(const std::string& from, const std::string& to) {
    skopeo(from, to, "--preserve-digests");
  }
  std::string at(const std::string& name) { return directory_ / name; }

  /// Two layers, one of them compressed, as an image layout directory named "layout".
  void makeLayout() {
    os::makeDirectories(at("layout/blobs/sha256"));
    run("mkdir -p one two && head -c 200000 /dev/urandom > one/a && echo hi > two/b && "
        "tar cf one.tar -C one a && tar cf two.tar -C two b && gzip -nk two.tar");
    image::ImageConfig config;
    config.platform = image::hostPlatform();
    config.run.command = {"/bin/true"};
    config.diffIds = {digestOfFile("one.tar"), digestOfFile("two.tar")};
    image::Manifest manifest;
    manifest.mediaType = image::media::ociManifest;
    manifest.layers = {addBlob(os::readFile(at("one.tar")), image::media::ociLayer),
                       addBlob(os::readFile(at("two.tar.gz")), image::media::ociLayerGzip)};
    manifest.config = addBlob(image::write(config), image::media::ociConfig);
    image::Index index;
    index.mediaType = image::media::ociIndex;
    index.manifests = {addBlob(image::write(manifest), image::media::ociManifest)};
    index.manifests[0].annotations["org.opencontainers.image.ref.name"] = "v1";
    os::replaceFile(at("layout/index.json"), image::write(index));
    os::replaceFile(at("layout/oci-layout"), R"({"imageLayoutVersion":"1.0.0"})");
    digest_ = index.manifests[0].digest;
    diffIds_ = config.diffIds;
  }
  std::string digestOfFile(const std::string& name) {
    return image::digestOf(os::readFile(at(name)));
  }
  image::Descriptor addBlob(const std::string& bytes, std::string_view mediaType) {
    std::string digest = image::digestOf(bytes);
    os::replaceFile(at("layout/blobs/sha256/") + digest.substr(7), bytes);
    return {std::string(mediaType), digest, bytes.size(), {}, {}, {}};
  }

  kj::Promise<Pulled> startPull(const std::string& reference) {
    auto request = registry().pullRequest();
    request.setReference(reference.c_str());
    return request.send().then([](auto&& reply) {
      auto image = reply.getImage();
      Pulled pulled{image.getManifest().getDigest().cStr(), image.getConfig().getDigest().cStr()};
      for (auto layer : image.getLayers()) {
        pulled.layers.push_back(layer.getDigest().cStr());
        pulled.mediaTypes.push_back(layer.getMediaType().cStr());
      }
      for (auto diffId : image.getDiffIds()) pulled.diffIds.push_back(diffId.cStr());
      return pulled;
    });
  }
  Pulled pull(const std::string& reference) { return wait(startPull(reference)); }
  void push(const std::string& digest, const std::string& reference) {
    auto request = registry().pushRequest();
    request.setManifestDigest(digest.c_str());
    request.setReference(reference.c_str());
    wait(request.send().ignoreResult());
  }
  std::vector<std::string> images(const std::string& reference) {
    auto request = registry().imagesRequest();
    request.setReference(reference.c_str());
    std::vector<std::string> result;
    auto reply = testing::wait(
        loop_, kj::Promise<capnp::Response<schema::Registry::ImagesResults>>(request.send()));
    for (auto name : reply.getReferences()) result.push_back(name.cStr());
    return result;
  }
  std::string blob(const std::string& digest) {
    return wait(image::loadBlob(content_.service<schema::Content>(), digest, 1 << 30).promise());
  }
  ErrorCode refusal(const std::string& reference) {
    return testing::codeOfFailure(loop_, startPull(reference));
  }
  schema::Registry::Client registry() { return registry_.service<schema::Registry>(); }
  template <typename T>
  T wait(kj::Promise<T> promise) {
    return testing::wait(loop_, kj::mv(promise));
  }

  Loop loop_;
  testing::FakeBroker broker_;
  testing::PluginHarness content_{loop_, broker_, {pluginFile("content-local")}};
  testing::PluginHarness registry_{loop_, broker_, {pluginFile("registry-layout")}};
  testing::TempDirectory directory_{"layout"};
  std::string digest_;
  std::vector<std::string> diffIds_;
};

TEST_F(Exchange, LayoutDirectoryIsPulled) {
  auto pulled = pull("oci:" + at("layout") + ":v1");
  EXPECT_EQ(pulled.manifest, digest_);
  EXPECT_EQ(pulled.diffIds, diffIds_);
  for (auto& layer : pulled.layers) EXPECT_EQ(image::digestOf(blob(layer)), layer);
  EXPECT_EQ(pull("oci:" + at("layout")).manifest, digest_) << "the only one needs no name";
  EXPECT_EQ(images("oci:" + at("layout")), std::vector<std::string>{"v1"});
}

TEST_F(Exchange, ArchivesOfSkopeoArePulled) {
  skopeoAsIs("oci:layout:v1", "oci-archive:oci.tar:v1");
  skopeo("oci:layout:v1", "docker-archive:docker.tar:debian:12");
  EXPECT_EQ(pull("oci-archive:" + at("oci.tar") + ":v1").manifest, digest_);
  auto pulled = pull("docker-archive:" + at("docker.tar") + ":debian:12");
  EXPECT_EQ(pulled.diffIds, diffIds_);
  EXPECT_EQ(pulled.layers, diffIds_) << "plain tars are their own diff ids";
  EXPECT_EQ(pulled.mediaTypes[0], image::media::ociLayer);
  EXPECT_EQ(images("docker-archive:" + at("docker.tar")),
            std::vector<std::string>{"docker.io/library/debian:12"});
}

TEST_F(Exchange, ArchivesOfOursAreReadBySkopeo) {
  pull("oci:" + at("layout") + ":v1");
  push(digest_, "docker-archive:" + at("out.tar") + ":docker.io/library/debian:12");
  push(digest_, "oci-archive:" + at("oci-out.tar") + ":v2");
  push(digest_, "oci:" + at("dir-out") + ":v3");
  skopeo("docker-archive:out.tar:debian:12", "oci:check1:x");
  skopeoAsIs("oci-archive:oci-out.tar:v2", "oci:check2:x");
  skopeoAsIs("oci:dir-out:v3", "oci:check3:x");
  EXPECT_EQ(pull("oci:" + at("check2") + ":x").manifest, digest_);
  EXPECT_EQ(pull("oci:" + at("check3") + ":x").manifest, digest_);
  EXPECT_EQ(pull("oci:" + at("check1") + ":x").diffIds, diffIds_);
  run("tar xf out.tar && test -s manifest.json && test -s repositories && grep -q debian "
      "repositories");
}

TEST_F(Exchange, DockerArchiveTakesMoreImages) {
  auto pulled = pull("oci:" + at("layout") + ":v1");
  std::string archive = "docker-archive:" + at("many.tar");
  push(digest_, archive + ":a:1");
  push(digest_, archive + ":b:2");
  EXPECT_EQ(images(archive),
            (std::vector<std::string>{"docker.io/library/a:1", "docker.io/library/b:2"}));
  EXPECT_EQ(pull(archive + ":b:2").config, pulled.config);
}

TEST_F(Exchange, LayoutDirectoryTakesMoreImages) {
  pull("oci:" + at("layout") + ":v1");
  push(digest_, "oci:" + at("out") + ":one");
  push(digest_, "oci:" + at("out") + ":two");
  push(digest_, "oci:" + at("out") + ":two");
  EXPECT_EQ(images("oci:" + at("out")), (std::vector<std::string>{"one", "two"}));
}

TEST_F(Exchange, SaysWhatIsWrong) {
  EXPECT_EQ(refusal("oci:" + at("layout") + ":other"), ErrorCode::NOT_FOUND);
  EXPECT_EQ(refusal("oci:" + at("nothing")), ErrorCode::NOT_FOUND);
  EXPECT_EQ(refusal("oci:" + at("one")), ErrorCode::INVALID);
  EXPECT_EQ(refusal("docker-archive:" + at("one.tar")), ErrorCode::INVALID);
  EXPECT_EQ(refusal("docker-archive:" + at("one/a")), ErrorCode::INVALID);
  EXPECT_EQ(refusal("debian:12"), ErrorCode::INVALID);
}

TEST_F(Exchange, WrongBytesAreRefused) {
  std::string hex = image::digestOf(os::readFile(at("one.tar"))).substr(7);
  std::string path = at("layout/blobs/sha256/" + hex);
  std::string bytes = os::readFile(path);
  bytes[1000] ^= 1;
  os::replaceFile(path, bytes);
  EXPECT_EQ(refusal("oci:" + at("layout") + ":v1"), ErrorCode::INVALID);
}

}  // namespace
}  // namespace stave::layout
