#include <nftables/libnftables.h>
#include <stave/error.h>
#include <stave/net/nftables.h>

namespace stave::net {

void Nftables::Free::operator()(nft_ctx* context) const {
  nft_ctx_free(context);
}

Nftables::Nftables() : context_(nft_ctx_new(NFT_CTX_DEFAULT)) {
  if (!context_) fail(ErrorCode::EXHAUSTED, "no memory for nftables");
  nft_ctx_buffer_output(context_.get());
  nft_ctx_buffer_error(context_.get());
}

void Nftables::run(const std::string& commands) {
  int result = nft_run_cmd_from_buffer(context_.get(), commands.c_str());
  std::string error = nft_ctx_get_error_buffer(context_.get());
  nft_ctx_get_output_buffer(context_.get());  // reading empties it
  if (result != 0) fail(ErrorCode::INTERNAL, "changing nftables: " + error);
}

std::string Nftables::list(const std::string& command) {
  int result = nft_run_cmd_from_buffer(context_.get(), command.c_str());
  std::string output = nft_ctx_get_output_buffer(context_.get());
  nft_ctx_get_error_buffer(context_.get());
  return result == 0 ? output : std::string();
}

}  // namespace stave::net
