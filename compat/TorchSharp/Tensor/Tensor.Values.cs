using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp.Interop;
using TorchSharp.Utils;

namespace TorchSharp;

public static unsafe partial class torch
{
    public partial class Tensor
    {
        /// <summary>
        /// The memory of a contiguous CPU tensor, not a copy. Valid while the tensor lives.
        /// </summary>
        /// <exception cref="InvalidOperationException">Not contiguous, or not on the CPU.</exception>
        /// <exception cref="ArgumentException">More bytes than a span can hold; take the bytes of narrowed parts.</exception>
        public Span<byte> bytes
        {
            get
            {
                var data = HostMemory();
                var count = NumberOfElements * ElementSize;
                if (count > int.MaxValue)
                {
                    throw new ArgumentException($"A span holds at most {int.MaxValue} bytes, the tensor has {count}; take the bytes of narrow()ed parts.");
                }

                return new Span<byte>((void*)data, (int)count);
            }

            set
            {
                var own = bytes;
                if (value.Length != own.Length)
                {
                    throw new ArgumentException($"The tensor has {own.Length} bytes, given are {value.Length}.", nameof(value));
                }

                value.CopyTo(own);
            }
        }

        internal nint DataPointer
        {
            get
            {
                nint data;
                Native.Check(Keep(Native.fg_data(Handle, &data)));
                return data;
            }
        }

        /// <summary>The elements, read and written one by one; a copy if the tensor is not on the CPU.</summary>
        public TensorAccessor<T> data<T>()
            where T : unmanaged
        {
            CheckElementType<T>("data");
            return new TensorAccessor<T>(device_type == DeviceType.CPU ? this : cpu());
        }

        /// <summary>The value of a tensor that has one element.</summary>
        public T item<T>()
            where T : unmanaged
        {
            if (NumberOfElements != 1)
            {
                throw new ArgumentException($"item() is for tensors with one element; this one has {NumberOfElements}.");
            }

            CheckElementType<T>("item");
            T value;
            Native.Check(Keep(Native.fg_item(Handle, &value)));
            return value;
        }

        public Scalar ToScalar()
        {
            if (NumberOfElements != 1)
            {
                throw new ArgumentException($"Only a tensor with one element is a scalar; this one has {NumberOfElements}.");
            }

            Int128 room = default;
            Native.Check(Keep(Native.fg_item(Handle, &room)));
            return dtype switch
            {
                ScalarType.Bool => *(byte*)&room != 0,
                ScalarType.Byte => *(byte*)&room,
                ScalarType.Int8 => *(sbyte*)&room,
                ScalarType.Int16 => *(short*)&room,
                ScalarType.Int32 => *(int*)&room,
                ScalarType.Int64 => *(long*)&room,
                ScalarType.Float16 => *(Half*)&room,
                ScalarType.BFloat16 => BitConverter.Int32BitsToSingle(*(ushort*)&room << 16),
                ScalarType.Float32 => *(float*)&room,
                ScalarType.Float64 => *(double*)&room,
                ScalarType.ComplexFloat32 => (((float*)&room)[0], ((float*)&room)[1]),
                ScalarType.ComplexFloat64 => new Complex(((double*)&room)[0], ((double*)&room)[1]),
                var other => throw new NotSupportedException($"A tensor of type {other} cannot be read as a number."),
            };
        }

        public void WriteBytesToStream(Stream stream, int bufferSize = 1024)
        {
            ArgumentNullException.ThrowIfNull(stream);
            ForEachChunk(bufferSize, (data, count) => stream.Write(new ReadOnlySpan<byte>((void*)data, count)));
        }

        public void ReadBytesFromStream(Stream stream, int bufferSize = 1024)
        {
            ArgumentNullException.ThrowIfNull(stream);
            ForEachChunk(bufferSize, (data, count) => stream.ReadExactly(new Span<byte>((void*)data, count)));
        }

        private void ForEachChunk(int bufferSize, Action<nint, int> action)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(bufferSize, 1);
            var data = HostMemory();
            var total = NumberOfElements * ElementSize;
            for (long at = 0; at < total; at += bufferSize)
            {
                action(data + (nint)at, (int)Math.Min(bufferSize, total - at));
            }

            GC.KeepAlive(this);
        }

        private nint HostMemory()
        {
            if (!is_contiguous())
            {
                throw new InvalidOperationException("Only a contiguous tensor has bytes; call contiguous() first.");
            }

            return is_cpu()
                ? DataPointer
                : throw new InvalidOperationException($"Only a tensor on the CPU has bytes, this one is on {device}; call cpu() first.");
        }

        private void CheckElementType<T>(string member)
            where T : unmanaged
        {
            var type = dtype;
            var fits = type switch
            {
                ScalarType.Bool => typeof(T) == typeof(bool),
                ScalarType.Byte => typeof(T) == typeof(byte),
                ScalarType.Int8 => typeof(T) == typeof(sbyte),
                ScalarType.Int16 => typeof(T) == typeof(short),
                ScalarType.Int32 => typeof(T) == typeof(int),
                ScalarType.Int64 => typeof(T) == typeof(long),
                ScalarType.Float16 => typeof(T) == typeof(Half),
                ScalarType.BFloat16 => sizeof(T) == 2,  // .NET has no type for it: its bits
                ScalarType.Float32 => typeof(T) == typeof(float),
                ScalarType.Float64 => typeof(T) == typeof(double),
                ScalarType.ComplexFloat32 => typeof(T) == typeof((float, float)),
                ScalarType.ComplexFloat64 => typeof(T) == typeof(Complex),
                _ => false,
            };
            if (!fits)
            {
                throw new ArgumentException($"{member}<{typeof(T).Name}>() does not read a tensor of type {type}.");
            }
        }

        public T ReadCpuValue<T>(long i)
            where T : unmanaged => data<T>()[i];

        public double ReadCpuDouble(long i) => ReadCpuValue<double>(i);

        public float ReadCpuSingle(long i) => ReadCpuValue<float>(i);

        public int ReadCpuInt32(long i) => ReadCpuValue<int>(i);

        public long ReadCpuInt64(long i) => ReadCpuValue<long>(i);

        public byte ReadCpuByte(long i) => ReadCpuValue<byte>(i);

        public sbyte ReadCpuSByte(long i) => ReadCpuValue<sbyte>(i);

        public short ReadCpuInt16(long i) => ReadCpuValue<short>(i);

        public bool ReadCpuBool(long i) => ReadCpuValue<bool>(i);
    }
}
