// What is asked of tensors all the time, or is no operator.
#include "bridge.h"

#include <cstring>

#include <ATen/ATen.h>

FG_API void fg_tensor_free(void* t) { delete static_cast<at::Tensor*>(t); }
FG_API void* fg_tensor_share(void* t) { return new at::Tensor(tensor(t)); }

FG_API int64_t fg_dim(void* t) { return tensor(t).dim(); }
FG_API int64_t fg_numel(void* t) { return tensor(t).numel(); }
FG_API int64_t fg_element_size(void* t) { return static_cast<int64_t>(tensor(t).element_size()); }
FG_API int32_t fg_dtype(void* t) { return static_cast<int32_t>(tensor(t).scalar_type()); }
FG_API int32_t fg_device_type(void* t) { return static_cast<int32_t>(tensor(t).device().type()); }
FG_API int32_t fg_device_index(void* t) { return tensor(t).device().index(); }
FG_API int32_t fg_layout(void* t) { return static_cast<int32_t>(tensor(t).layout()); }
FG_API int32_t fg_is_leaf(void* t) { return tensor(t).is_leaf(); }
FG_API int32_t fg_requires_grad(void* t) { return tensor(t).requires_grad(); }
FG_API int32_t fg_same(void* a, void* b) { return tensor(a).is_same(tensor(b)); }

FG_API int32_t fg_sizes(void* t, int64_t* into) {
  return attempted([&] {
    auto sizes = tensor(t).sizes();
    std::copy(sizes.begin(), sizes.end(), into);
  });
}

FG_API int32_t fg_strides(void* t, int64_t* into) {
  return attempted([&] {
    auto strides = tensor(t).strides();
    std::copy(strides.begin(), strides.end(), into);
  });
}

FG_API int64_t fg_storage_offset(void* t) {
  return guarded(int64_t{-1}, [&] { return static_cast<int64_t>(tensor(t).storage_offset()); });
}

FG_API int32_t fg_is_contiguous(void* t) {
  return guarded(int32_t{-1}, [&] { return static_cast<int32_t>(tensor(t).is_contiguous()); });
}

FG_API int32_t fg_is_pinned(void* t) {
  return guarded(int32_t{-1}, [&] { return static_cast<int32_t>(tensor(t).is_pinned()); });
}

// A null pointer is a right answer for an empty tensor, so success is reported apart from it.
FG_API int32_t fg_data(void* t, void** data) {
  return attempted([&] { *data = tensor(t).data_ptr(); });
}

FG_API int32_t fg_storage(void* t, void** data, int64_t* bytes) {
  return attempted([&] {
    auto& storage = tensor(t).storage();
    *data = const_cast<void*>(static_cast<const void*>(storage.data()));
    *bytes = static_cast<int64_t>(storage.nbytes());
  });
}

// How often the values were changed in place; a tensor made in inference mode keeps no count.
FG_API int64_t fg_version(void* t) {
  return guarded(int64_t{-1}, [&] { return static_cast<int64_t>(tensor(t)._version()); });
}

FG_API int32_t fg_set_requires_grad(void* t, int32_t value) {
  return attempted([&] { tensor(t).requires_grad_(value != 0); });
}

FG_API int32_t fg_retain_grad(void* t) {
  return attempted([&] { tensor(t).retain_grad(); });
}

FG_API int32_t fg_grad(void* t, void** grad) {
  return attempted([&] { *grad = handle(at::Tensor(tensor(t).grad())); });
}

FG_API int32_t fg_set_grad(void* t, void* grad) {
  return attempted([&] { tensor(t).mutable_grad() = grad ? tensor(grad) : at::Tensor(); });
}

// The one value of a tensor, whatever its type, as it is in memory.
FG_API int32_t fg_item(void* t, void* into) {
  return attempted([&] {
    auto& source = tensor(t);
    TORCH_CHECK(source.numel() == 1, "only a tensor with one element is a number, this one has ", source.numel());
    if (source.device().is_cpu() && source.layout() == at::kStrided && !source.is_conj() && !source.is_neg()) {
      std::memcpy(into, source.data_ptr(), source.element_size());
    } else {
      auto here = source.detach().resolve_conj().resolve_neg().cpu().contiguous();
      std::memcpy(into, here.data_ptr(), here.element_size());
    }
  });
}

// A tensor of its own memory with a copy of what the caller has.
FG_API void* fg_from_data(const void* data, int64_t bytes, const int64_t* sizes, int32_t dim, int32_t dtype) {
  return guarded(static_cast<void*>(nullptr), [&] {
    auto made = at::empty(at::IntArrayRef(sizes, dim), at::TensorOptions(static_cast<at::ScalarType>(dtype)));
    auto wanted = static_cast<int64_t>(made.nbytes());
    TORCH_CHECK(bytes == wanted, "shape ", made.sizes(), " needs ", wanted, " bytes, given are ", bytes);
    if (bytes > 0) {
      std::memcpy(made.data_ptr(), data, bytes);
    }
    return handle(std::move(made));
  });
}

// A tensor over memory of the caller, who is told through `release` when the last view of it is gone.
FG_API void* fg_from_blob(void* data, const int64_t* sizes, int32_t dim, int32_t dtype, void (*release)(void*), void* context) {
  return guarded(static_cast<void*>(nullptr), [&] {
    auto options = at::TensorOptions(static_cast<at::ScalarType>(dtype));
    return handle(at::from_blob(data, at::IntArrayRef(sizes, dim), [release, context](void*) { release(context); }, options));
  });
}
