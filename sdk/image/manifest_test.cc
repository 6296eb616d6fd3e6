#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/image/digest.h>
#include <stave/image/manifest.h>

namespace stave::image {
namespace {

Manifest sample() {
  Manifest manifest;
  manifest.mediaType = media::ociManifest;
  manifest.config = {std::string(media::ociConfig), digestOf("config"), 6, {}, {}, {}};
  manifest.layers.push_back(
      {std::string(media::ociLayerGzip), digestOf("layer"), 5, {{"k", "v"}}, {"https://x"}, {}});
  manifest.annotations["a"] = "b";
  return manifest;
}

std::string textOfRefusal(const std::function<void()>& attempt,
                          ErrorCode code = ErrorCode::INVALID) {
  try {
    attempt();
    ADD_FAILURE() << "it was taken";
  } catch (const kj::Exception& exception) {
    EXPECT_EQ(codeOf(exception), code) << textOf(exception);
    return textOf(exception);
  }
  return "";
}

void expectManifestRefused(const std::string& bytes, const std::string& because) {
  std::string text = textOfRefusal([&] { parseManifest(bytes, "manifest of x"); });
  EXPECT_NE(text.find(because), std::string::npos) << text;
}

std::string with(const std::string& from, const std::string& to) {
  std::string text = write(sample());
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from << " in " << text;
  return text.replace(at, from.size(), to);
}

TEST(Manifest, IsWrittenAndReadAgain) {
  Manifest read = parseManifest(write(sample()), "test");
  EXPECT_EQ(read.mediaType, media::ociManifest);
  EXPECT_EQ(read.config.digest, digestOf("config"));
  ASSERT_EQ(read.layers.size(), 1u);
  EXPECT_EQ(read.layers[0].size, 5u);
  EXPECT_EQ(read.layers[0].annotations.at("k"), "v");
  EXPECT_EQ(read.layers[0].urls.at(0), "https://x");
  EXPECT_EQ(read.annotations.at("a"), "b");
  EXPECT_EQ(write(read), write(sample()));
}

TEST(Manifest, RefusesWithThePath) {
  expectManifestRefused("", "not JSON");
  expectManifestRefused("[]", "is not an object");
  expectManifestRefused("{}", "manifest of x: schemaVersion: is missing");
  expectManifestRefused(with("\"schemaVersion\":2", "\"schemaVersion\":3"),
                        "schemaVersion: is not 2");
  expectManifestRefused(with("\"size\":5", "\"size\":-5"),
                        "manifest of x: layers[0].size: is negative");
  expectManifestRefused(with("\"size\":5", "\"size\":\"5\""),
                        "layers[0].size: is not a whole number");
  expectManifestRefused(with("\"size\":5", "\"size\":18446744073709551615"), "is too large");
  expectManifestRefused(with("sha256:", "sha257:"), "config: digest");
  expectManifestRefused(with("\"config\":{", "\"konfig\":{"), "config: is missing");
  expectManifestRefused(with("\"layers\":[", "\"layers\":[7,"), "layers[0]: is not an object");
  expectManifestRefused(std::string(maxManifestSize + 1, ' '), "more than");
  expectManifestRefused(std::string(100000, '['), "nested more than 64 deep");
}

TEST(Index, IsWrittenAndReadAgain) {
  Index index;
  index.mediaType = media::dockerIndex;
  index.manifests.push_back({std::string(media::dockerManifest),
                             digestOf("m"),
                             3,
                             {},
                             {},
                             Platform{"linux", "arm", "v7"}});
  Index read = parseIndex(write(index), "test");
  ASSERT_EQ(read.manifests.size(), 1u);
  EXPECT_EQ(read.manifests[0].platform->text(), "linux/arm/v7");
  EXPECT_EQ(write(read), write(index));
}

TEST(Manifest, KindIsFoundInTheDocumentFirst) {
  std::string bytes = write(sample());
  EXPECT_EQ(mediaTypeOf(bytes, media::dockerIndex, "test"), media::ociManifest);
  std::string bare = with(",\"mediaType\":\"" + std::string(media::ociManifest) + "\"", "");
  EXPECT_EQ(mediaTypeOf(bare, "application/vnd.docker.distribution.manifest.v2+json; x=y", "test"),
            media::dockerManifest);
  EXPECT_EQ(mediaTypeOf(bare, "text/plain", "test"), media::ociManifest);
  EXPECT_EQ(mediaTypeOf(R"({"schemaVersion":2,"manifests":[]})", "", "test"), media::ociIndex);
  textOfRefusal([] { mediaTypeOf("{}", "", "test"); });
  textOfRefusal([] { mediaTypeOf(R"({"mediaType":"text/html"})", "", "test"); });
  textOfRefusal([] { mediaTypeOf(R"({"schemaVersion":1,"name":"a"})", "", "test"); },
                ErrorCode::UNSUPPORTED);
}

TEST(Manifest, AnIndexIsNoManifest) {
  textOfRefusal([] { parseIndex(write(sample()), "test"); });
  std::string both = with("\"layers\":[", "\"manifests\":[],\"layers\":[");
  textOfRefusal([&] { parseManifest(both, "test"); });
}

TEST(Manifest, ForeignLayersAreKnown) {
  EXPECT_TRUE(isForeignLayer(media::dockerForeignLayer));
  EXPECT_TRUE(isForeignLayer(std::string(media::ociForeignLayer) + "+gzip"));
  EXPECT_FALSE(isForeignLayer(media::ociLayerGzip));
}

}  // namespace
}  // namespace stave::image
