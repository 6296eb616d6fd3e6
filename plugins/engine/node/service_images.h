#pragma once

#include "engine.h"

namespace stave::node {

/// The id that the user sees, and the labels of what is listed.
using Names = std::vector<std::string>;

Task<std::string> pushImage(Engine& engine, schema::Engine::PushParams::Reader params);
Task<> saveImages(Engine& engine, Names images, bool docker, schema::ByteStream::Client sink);
void fillHistory(Engine& engine, const std::string& image,
                 schema::Engine::HistoryResults::Builder results);

/// Makes Image objects of what an archive holds.
struct LoadedImages {
  Names names;
  Names ids;
};
Task<LoadedImages> loadArchive(Engine& engine, std::string file,
                               kj::Maybe<schema::ProgressSink::Client> progress);

}  // namespace stave::node
