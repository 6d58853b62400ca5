// SPDX-License-Identifier: Apache-2.0
// How components tell an observer what they do. Nobody watching costs one pointer test:
//   if (watch.on(track)) [[unlikely]] watch.tell(track, now, 4, "l2.hits", fmt::format(...));
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hw/common/observer.h"
#include "hw/isa/gpu/gpu_spec.h"

namespace metronome::gpu {

class Watch {
 public:
  /// A track of its own for `path`, announced to whoever watches now or later.
  hw::TrackId track(std::string path) {
    paths_.push_back(std::move(path));
    return static_cast<hw::TrackId>(paths_.size() - 1);
  }
  void observe(hw::Observer* observer) {
    observer_ = observer;
    if (observer == nullptr) return;
    for (std::size_t t = 0; t < paths_.size(); ++t) {
      observer->on_track(static_cast<hw::TrackId>(t), paths_[t]);
    }
    wanted_.resize(paths_.size());
    for (std::size_t t = 0; t < paths_.size(); ++t) {
      wanted_[t] = observer->wants(static_cast<hw::TrackId>(t));
    }
  }
  bool on(hw::TrackId track) const { return observer_ != nullptr && wanted_[track]; }
  void tell(hw::TrackId track, Cycle cycle, Cycle duration, std::string_view kind,
            std::string_view text, std::int64_t amount = 1) const {
    observer_->on_activity({track, cycle, duration, kind, text, amount});
  }
  /// How full something is from `cycle` on.
  void tell_level(hw::TrackId track, Cycle cycle, std::string_view kind, std::int64_t level) const {
    observer_->on_activity({track, cycle, 0, kind, {}, 0, level});
  }
  std::string_view path(hw::TrackId track) const { return paths_[track]; }

 private:
  std::vector<std::string> paths_;
  std::vector<bool> wanted_;  // by track
  hw::Observer* observer_ = nullptr;
};

}  // namespace metronome::gpu
