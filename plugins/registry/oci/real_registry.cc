#include "real_registry.h"

#include <signal.h>
#include <stave/error.h>
#include <stave/image/config.h>
#include <stave/image/digest.h>
#include <stave/image/manifest.h>
#include <stave/os/file.h>
#include <stave/os/socket.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>

#include "http_client.h"

namespace stave::oci {

namespace {

std::string quoted(const std::string& text) {
  return "'" + text + "'";
}

unsigned freePort() {
  auto socket = os::reservePort(SOCK_STREAM, "127.0.0.1", 0);
  return os::boundPort(socket.get());
}

}  // namespace

bool RealRegistry::isInstalled() {
  return std::system("command -v docker-registry skopeo htpasswd > /dev/null") == 0;
}

RealRegistry::RealRegistry(const std::string& username, const std::string& password)
    : login_(quoted(username + ":" + password)), port_(freePort()) {
  run("htpasswd -Bbn " + quoted(username) + " " + quoted(password) + " > " +
      (directory_ / "users"));
  os::replaceFile(directory_ / "config.yml",
                  "version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: " +
                      (directory_ / "data") + "}}\nhttp: {addr: '" + host() +
                      "'}\nauth: {htpasswd: {realm: test, path: " + (directory_ / "users") +
                      "}}\n");
  start();
}

RealRegistry::~RealRegistry() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

void RealRegistry::start() {
  std::string log = directory_ / "log";
  std::string text = output("docker-registry serve " + (directory_ / "config.yml") + " > " + log +
                            " 2>&1 < /dev/null & echo $!");
  pid_ = std::stoi(text);
  HttpClient client({});
  for (int i = 0; i < 200; ++i) {
    try {
      HttpRequest request;
      request.url = "http://" + host() + "/v2/";
      client.perform(request, Cancellation());
      return;
    } catch (const TransportFailure&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
  fail(ErrorCode::UNAVAILABLE, "docker-registry does not come up: " + os::readFile(log));
}

void RealRegistry::run(const std::string& command) {
  std::string log = directory_ / "command.log";
  if (std::system(("(" + command + ") 2> " + log).c_str()) != 0) {
    fail(ErrorCode::INTERNAL, command + ": " + os::readFile(log));
  }
}

std::string RealRegistry::output(const std::string& command) {
  run("(" + command + ") > " + (directory_ / "output"));
  std::string text = os::readFile(directory_ / "output");
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string RealRegistry::makeLayout(unsigned layers, size_t layerBytes) {
  std::string layout = directory_ / "layout", content = directory_ / "content";
  os::makeDirectories(layout + "/blobs/sha256");
  os::makeDirectories(content);
  auto add = [&](const std::string& bytes) {
    std::string digest = image::digestOf(bytes);
    os::replaceFile(layout + "/blobs/sha256/" + digest.substr(7), bytes);
    return digest;
  };
  image::ImageConfig config;
  config.platform = image::hostPlatform();
  image::Manifest manifest;
  manifest.mediaType = image::media::ociManifest;
  std::mt19937_64 random(42);
  for (unsigned i = 0; i < layers; ++i) {
    std::string bytes(layerBytes, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    os::replaceFile(content + "/file", bytes);
    run("tar -C " + content + " -cf " + (directory_ / "layer.tar") + " file");
    std::string tar = os::readFile(directory_ / "layer.tar");
    std::string digest = add(tar);
    manifest.layers.push_back(
        {std::string(image::media::ociLayer), digest, tar.size(), {}, {}, {}});
    config.diffIds.push_back(digest);
  }
  std::string configBytes = image::write(config);
  manifest.config = {
      std::string(image::media::ociConfig), add(configBytes), configBytes.size(), {}, {}, {}};
  std::string manifestBytes = image::write(manifest);
  image::Index index;
  index.mediaType = image::media::ociIndex;
  index.manifests.push_back({manifest.mediaType,
                             add(manifestBytes),
                             manifestBytes.size(),
                             {{"org.opencontainers.image.ref.name", "latest"}},
                             {},
                             {}});
  os::replaceFile(layout + "/index.json", image::write(index));
  os::replaceFile(layout + "/oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  return layout;
}

void RealRegistry::skopeoCopy(const std::string& source, const std::string& repositoryAndTag) {
  run("skopeo --insecure-policy copy -q --dest-tls-verify=false --dest-creds " + login_ + " " +
      source + " docker://" + host() + "/" + repositoryAndTag);
}

void RealRegistry::skopeoFetch(const std::string& repositoryAndTag) {
  run("skopeo --insecure-policy copy -q --src-tls-verify=false --src-creds " + login_ +
      " docker://" + host() + "/" + repositoryAndTag + " oci:" + (directory_ / "fetched"));
}

std::string RealRegistry::skopeoDigest(const std::string& repositoryAndTag) {
  return output("skopeo inspect --tls-verify=false --creds " + login_ +
                " --format '{{.Digest}}' docker://" + host() + "/" + repositoryAndTag);
}

}  // namespace stave::oci
