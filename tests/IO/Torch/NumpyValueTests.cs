namespace Fulgurite.Tests.IO.Torch;

/// <summary>Pickled NumPy values and bytes, in the forms of all protocols; what is not understood stays a placeholder.</summary>
[TestClass]
public sealed class NumpyValueTests
{
    private const string ScalarCall = "numpy.core.multiarray.scalar", ArrayCall = "numpy.core.multiarray._reconstruct";

    public static IEnumerable<(string Code, byte[] Bytes, StateValue Expected)> Scalars =>
    [
        ("b1", [1], true),
        ("b1", [0], false),
        ("u1", [200], 200L),
        ("i1", [0xFE], -2L),
        ("i2", [0xFE, 0xFF], -2L),
        ("i4", BitConverter.GetBytes(-70_000), -70_000L),
        ("i8", BitConverter.GetBytes(1L << 40), 1L << 40),
        ("f2", BitConverter.GetBytes((Half)0.5), 0.5),
        ("f4", BitConverter.GetBytes(0.25f), 0.25),
        ("f8", BitConverter.GetBytes(Math.PI), Math.PI),
    ];

    [TestMethod]
    [DynamicData(nameof(Scalars))]
    public void TryBuild_Scalar_IsItsValue(string code, byte[] bytes, StateValue expected)
    {
        foreach (var call in new[] { ScalarCall, "numpy._core.multiarray.scalar" })
        {
            Assert.AreEqual(expected, NumpyValue.TryBuild(Scalar(call, Type(code), bytes)));
        }
    }

    [TestMethod]
    [DataRow("<", true)]
    [DataRow("=", true)]
    [DataRow("|", true)]
    [DataRow(">", false, DisplayName = "big-endian")]
    public void TryBuild_ScalarWithByteOrder_IsReadIfLittleEndian(string order, bool isRead)
    {
        var type = Type("i4");
        type.State = new PickleTuple([3L, order, null]);

        Assert.AreEqual(isRead ? (StateValue)7L : null, NumpyValue.TryBuild(Scalar(ScalarCall, type, BitConverter.GetBytes(7))));
    }

    [TestMethod]
    public void TryBuild_ScalarThatIsNotUnderstood_IsNothing()
    {
        Assert.IsNull(NumpyValue.TryBuild(Scalar(ScalarCall, Type("i4"), [1, 2])), "two bytes of four");
        Assert.IsNull(NumpyValue.TryBuild(Scalar(ScalarCall, Type("c8"), new byte[8])), "complex");
        Assert.IsNull(NumpyValue.TryBuild(Scalar(ScalarCall, Type("M8"), new byte[8])), "a date");
        Assert.IsNull(NumpyValue.TryBuild(Scalar(ScalarCall, Made("numpy.int32", "i4"), new byte[4])), "no dtype");
        Assert.IsNull(NumpyValue.TryBuild(Scalar(ScalarCall, Made("numpy.dtype"), new byte[4])), "a dtype without a code");
        Assert.IsNull(NumpyValue.TryBuild(Made(ScalarCall, Type("i4"), 7L)), "no bytes");
        Assert.IsNull(NumpyValue.TryBuild(Made(ScalarCall, new byte[4])), "no type");
        Assert.IsNull(NumpyValue.TryBuild(Made("numpy.random.mtrand.RandomState")), "another class");
    }

    [TestMethod]
    [DataRow(false, new long[] { 3, 1 })]
    [DataRow(true, new long[] { 1, 2 }, DisplayName = "in the order of Fortran")]
    public void TryBuild_Array_HasShapeAndStrides(bool isFortran, long[] strides)
    {
        var tensor = NumpyValue.TryBuild(Array(Type("i2"), isFortran, new byte[12], 2L, 3L))!.AsTensor();

        Assert.AreEqual(ScalarType.Int16, tensor.Type);
        Assert.AreSequenceEqual([2L, 3L], tensor.Shape.ToArray());
        Assert.AreSequenceEqual(strides, tensor.Strides.ToArray());
        ((HostTensorStorage)tensor.Storage).Dispose();
    }

    [TestMethod]
    [
        DataRow("i1"), DataRow("u1"), DataRow("b1"), DataRow("f2"), DataRow("i4"), DataRow("f4"), DataRow("i8"), DataRow("f8"),
        DataRow("c8"), DataRow("c16"),
    ]
    public void TryBuild_ArrayOfEachType_IsThere(string code)
    {
        var size = code switch { "c16" => 16, "i8" or "f8" or "c8" => 8, "i4" or "f4" => 4, "f2" => 2, _ => 1 };

        var tensor = NumpyValue.TryBuild(Array(Type(code), isFortran: false, new byte[3 * size], 3L))!.AsTensor();

        Assert.AreEqual(size, tensor.Type.ElementByteSize());
        ((HostTensorStorage)tensor.Storage).Dispose();
    }

    [TestMethod]
    public void TryBuild_ArrayWithoutElements_IsEmpty()
    {
        var tensor = NumpyValue.TryBuild(Array(Type("f4"), isFortran: false, [], 0L, 5L))!.AsTensor();

        Assert.AreEqual(0, tensor.ElementCount);
        ((HostTensorStorage)tensor.Storage).Dispose();
    }

    [TestMethod]
    public void TryBuild_ArrayWhoseSizesDoNotFit_IsNothing()
    {
        Assert.IsNull(NumpyValue.TryBuild(Array(Type("f4"), isFortran: false, new byte[8], 3L)), "more elements than bytes");
        Assert.IsNull(NumpyValue.TryBuild(Array(Type("f4"), isFortran: false, new byte[16], 2L)), "fewer");
        Assert.IsNull(NumpyValue.TryBuild(Array(Type("f4"), isFortran: false, new byte[8], -2L)), "negative");
        Assert.IsNull(NumpyValue.TryBuild(Array(Type("f4"), isFortran: false, new byte[8], "2")), "a text");
        Assert.IsNull(
            NumpyValue.TryBuild(Array(Type("i1"), isFortran: false, new byte[8], 1L << 40, 1L << 40)), "a product beyond 64 bits");
        Assert.IsNull(NumpyValue.TryBuild(Array(Type("M8"), isFortran: false, new byte[8], 1L)), "a date");
        Assert.IsNull(NumpyValue.TryBuild(Made(ArrayCall)), "without a state");
    }

    [TestMethod]
    [DataRow("latin1", "a\u00E9", new byte[] { 97, 0xE9 })]
    [DataRow("latin-1", "a", new byte[] { 97 })]
    [DataRow("iso-8859-1", "a", new byte[] { 97 })]
    [DataRow("utf-8", "a", null)]
    [DataRow("latin1", "\u0100", null)]
    public void TryGet_TextToBeEncoded_IsItsBytes(string encoding, string text, byte[]? expected)
    {
        var encode = Made("_codecs.encode", text, encoding);

        foreach (var form in new[] { encode, Made("builtins.bytearray", text, encoding), Made("__builtin__.bytes", encode) })
        {
            Assert.AreEqual(
                expected is null ? null : Convert.ToHexString(expected),
                PickledBytes.TryGet(form) is { } bytes ? Convert.ToHexString(bytes) : null);
        }
    }

    [TestMethod]
    public void TryGet_OtherForms_AreBytesOrNothing()
    {
        Assert.IsEmpty(PickledBytes.TryGet(Made("builtins.bytes"))!);
        Assert.AreEqual(1, PickledBytes.TryGet(Made("__builtin__.bytearray", new byte[] { 1 }))!.Single());
        Assert.IsNull(PickledBytes.TryGet(Made("builtins.bytes", Made("builtins.bytes"))), "nested without end");
        Assert.IsNull(PickledBytes.TryGet(Made("builtins.bytes", 1L, 2L, 3L)));
        Assert.IsNull(PickledBytes.TryGet(Made("builtins.str", "a")));
        Assert.IsNull(PickledBytes.TryGet("a"));
    }

    private static PickleObject Type(string code) => Made("numpy.dtype", code, false, true);

    private static PickleObject Scalar(string call, PickleObject type, byte[] bytes) => Made(call, type, bytes);

    private static PickleObject Array(PickleObject type, bool isFortran, byte[] bytes, params object?[] sizes)
    {
        var made = Made(ArrayCall);
        made.State = new PickleTuple([1L, new PickleTuple(sizes), type, isFortran, bytes]);
        return made;
    }

    private static PickleObject Made(string name, params object?[] arguments) =>
        new(new PickleGlobal(name), new PickleTuple(arguments), isInstance: false);
}
