#include <random>

#include "run_options.h"

namespace stave::cli {

namespace {

constexpr const char* adjectives[] = {
    "amber", "brave", "brisk",  "calm",   "clever", "cosy",  "crisp",  "daring", "eager",  "early",
    "fair",  "fine",  "fleet",  "gentle", "glad",   "green", "happy",  "hardy",  "humble", "jolly",
    "keen",  "kind",  "light",  "lively", "lucky",  "merry", "mild",   "neat",   "noble",  "plain",
    "proud", "quick", "quiet",  "rapid",  "ready",  "sharp", "silver", "smart",  "snug",   "solid",
    "sound", "spry",  "steady", "still",  "sturdy", "swift", "tidy",   "warm",   "wise",   "witty"};

constexpr const char* nouns[] = {
    "anchor", "barge",   "barrel", "beacon", "birch",  "bolt",  "bridge", "brook",  "buoy",
    "canal",  "cask",    "cedar",  "chisel", "cooper", "crane", "delta",  "dock",   "ember",
    "falcon", "ferry",   "flint",  "gull",   "harbor", "hawk",  "heron",  "hoop",   "keel",
    "kettle", "lantern", "larch",  "lark",   "maple",  "mast",  "mill",   "oak",    "otter",
    "pier",   "plank",   "quay",   "raft",   "reed",   "rivet", "robin",  "rudder", "sail",
    "spruce", "stave",   "tide",   "wharf",  "willow"};

}  // namespace

std::string inventName() {
  std::random_device chance;
  auto pick = [&chance](auto& words) { return std::string(words[chance() % std::size(words)]); };
  std::string name = pick(adjectives) + "-" + pick(nouns) + "-";
  constexpr const char* digits = "0123456789abcdef";
  for (int i = 0; i < 4; ++i) name += digits[chance() % 16];
  return name;
}

}  // namespace stave::cli
