#include "test_stack.h"

namespace stave::oci {

namespace {

std::string pluginFile(const std::string& name) {
  return std::string(STAVE_PLUGIN_DIRECTORY) + "/" + name + ".so";
}

PulledImage read(schema::ResolvedImage::Reader image) {
  PulledImage result{image.getReference().cStr(), image.getManifest().getDigest().cStr(),
                     image.getConfig().getDigest().cStr(), image.getIndex().getDigest().cStr()};
  for (auto layer : image.getLayers()) result.layers.push_back(layer.getDigest().cStr());
  for (auto diffId : image.getDiffIds()) result.diffIds.push_back(diffId.cStr());
  return result;
}

}  // namespace

void fillCredentials(const Credentials& credentials, schema::Credentials::Builder target) {
  target.setUsername(credentials.username.c_str());
  target.setPassword(credentials.password.c_str());
  target.setIdentityToken(credentials.identityToken.c_str());
}

TestStack::TestStack(std::string settings)
    : content_(loop_, broker_, {pluginFile("content-local")}),
      registry_(loop_, broker_, {.file = pluginFile("registry-oci"), .settings = settings}) {
  content_.start();
  broker_.provide("content", "local", content_.anyService());
  registry_.start();
}

kj::Promise<PulledImage> TestStack::startPull(std::string reference, Credentials credentials,
                                              image::Platform platform) {
  auto request = registry().pullRequest();
  request.setReference(reference.c_str());
  fillCredentials(credentials, request.initCredentials());
  image::fill(platform, request.initPlatform());
  return request.send().then([](auto&& reply) { return read(reply.getImage()); });
}

PulledImage TestStack::pull(const std::string& reference, const Credentials& credentials,
                            const image::Platform& platform) {
  return wait(startPull(reference, credentials, platform));
}

std::string TestStack::push(const std::string& digest, const std::string& reference,
                            const Credentials& credentials) {
  auto request = registry().pushRequest();
  request.setManifestDigest(digest.c_str());
  request.setReference(reference.c_str());
  fillCredentials(credentials, request.initCredentials());
  return wait(
      request.send().then([](auto&& reply) { return std::string(reply.getDigest().cStr()); }));
}

std::string TestStack::blob(const std::string& digest) {
  return wait(image::loadBlob(content(), digest, 1ull << 30).promise());
}

bool TestStack::hasBlob(const std::string& digest) {
  auto request = content().statRequest();
  request.setDigest(digest.c_str());
  auto failure = kj::runCatchingExceptions([&] { wait(request.send().ignoreResult()); });
  return failure == nullptr;
}

}  // namespace stave::oci
