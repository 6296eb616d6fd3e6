#pragma once

#include "repository.h"

namespace stave::oci {

struct Found {
  std::string name;
  std::string description;
  uint32_t stars = 0;
  bool official = false;
};

/// All tags of a repository, page by page. Fails [unsupported] if the registry has no such listing.
std::vector<std::string> listTags(const std::shared_ptr<Services>& services,
                                  const image::Reference& repository, const Caller& caller);

/// Searches where the registry offers the search that Docker Hub has. Fails [unsupported]
/// otherwise.
std::vector<Found> searchImages(const std::shared_ptr<Services>& services,
                                const std::string& domain, const std::string& term, uint32_t limit,
                                const Caller& caller);

/// Logs in; gives the identity token that the registry wants used from now on, or nothing.
std::string checkLogin(const std::shared_ptr<Services>& services, const std::string& domain,
                       const Caller& caller);

/// The URL of the next page in a Link header; empty if this is the last.
std::string nextPage(const HttpResponse& reply);

}  // namespace stave::oci
