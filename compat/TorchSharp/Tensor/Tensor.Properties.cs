using TorchSharp.Interop;

namespace TorchSharp;

public static unsafe partial class torch
{
    public partial class Tensor
    {
        public long Dimensions => Keep(Native.fg_dim(Handle));

        public long ndim => Dimensions;

        public long NumberOfElements => Keep(Native.fg_numel(Handle));

        public long ElementSize => Keep(Native.fg_element_size(Handle));

        public ScalarType dtype => (ScalarType)Keep(Native.fg_dtype(Handle));

        public Device device => new(device_type, device_index);

        public DeviceType device_type => (DeviceType)Keep(Native.fg_device_type(Handle));

        public int device_index => Keep(Native.fg_device_index(Handle));

        public bool is_cuda => device_type == DeviceType.CUDA;

        public bool is_meta => device_type == DeviceType.META;

        public bool is_sparse => (layout)Keep(Native.fg_layout(Handle)) != TorchSharp.layout.strided;

        public bool is_leaf => Keep(Native.fg_is_leaf(Handle)) != 0;

        public long[] shape
        {
            get
            {
                var sizes = new long[Dimensions];
                fixed (long* into = sizes)
                {
                    Native.Check(Keep(Native.fg_sizes(Handle, into)));
                }

                return sizes;
            }
        }

        public long dim() => Dimensions;

        public long numel() => NumberOfElements;

        public long element_size() => ElementSize;

        public long[] size() => shape;

        public long size(int dim)
        {
            var sizes = shape;
            return sizes[Wrap(dim, sizes.Length)];
        }

        public long[] stride()
        {
            var strides = new long[Dimensions];
            fixed (long* into = strides)
            {
                Native.Check(Keep(Native.fg_strides(Handle, into)));
            }

            return strides;
        }

        public long stride(int dim)
        {
            var strides = stride();
            return strides[Wrap(dim, strides.Length)];
        }

        public long storage_offset()
        {
            var offset = Keep(Native.fg_storage_offset(Handle));
            return offset >= 0 ? offset : Failed<long>();
        }

        public bool is_contiguous()
        {
            var answer = Keep(Native.fg_is_contiguous(Handle));
            return answer >= 0 ? answer != 0 : Failed<bool>();
        }

        public bool is_pinned()
        {
            var answer = Keep(Native.fg_is_pinned(Handle));
            return answer >= 0 ? answer != 0 : Failed<bool>();
        }

        public bool is_cpu() => device_type == DeviceType.CPU;

        public bool is_integral() => torch.is_integral(dtype);

        public bool is_floating_point() => torch.is_floating_point(dtype);

        public bool is_complex() => torch.is_complex(dtype);

        public bool is_nonzero() => NumberOfElements == 1
            ? Op.CallBool("is_nonzero", this)
            : throw new InvalidOperationException($"is_nonzero() is for tensors with one element; this one has {NumberOfElements}.");

        private static T Failed<T>()
        {
            Native.Throw();
            return default!;
        }

        private static int Wrap(int dim, int count) => dim >= -count && dim < count
            ? (dim + count) % count
            : throw new System.Runtime.InteropServices.ExternalException(
                $"Dimension out of range (expected to be in range of [{-count}, {count - 1}], but got {dim})");

        /// <summary>Passes <paramref name="value"/> on; until here the tensor, whose handle made it, cannot be finalized.</summary>
        private T Keep<T>(T value)
        {
            GC.KeepAlive(this);
            return value;
        }
    }
}
