using System.Collections.Immutable;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Fulgurite.Tests.Docs.Architecture;

/// <summary>A reference from a type of an assembly to another one.</summary>
/// <param name="From">The type, without the types nested in it.</param>
/// <param name="To">The referenced type, with its namespace where it belongs to another assembly.</param>
/// <param name="FromFolder">The folder of <paramref name="From"/> below the project.</param>
/// <param name="ToFolder">The folder of <paramref name="To"/>; null where it belongs to another assembly.</param>
internal sealed record CompiledReference(string From, string To, string FromFolder, string? ToFolder);

/// <summary>
/// Reads the references between the types of a compiled project, and the folder of each type. Namespaces do not follow folders, so that the
/// folder is that of the documents in the portable PDB. References are those in signatures, base types, attributes and method bodies;
/// constants and <c>nameof</c> leave none behind.
/// </summary>
internal sealed class CompiledReferences
{
    // The compiler lists here the documents of types without code, such as interfaces and enums.
    private static readonly Guid TypeDocuments = new("932E74BC-DBA9-4478-8D46-0F32A7BAB3D3");
    private static readonly OpCode?[] ShortCodes = new OpCode?[256];
    private static readonly OpCode?[] LongCodes = new OpCode?[256];

    private readonly MetadataReader _metadata;
    private readonly MetadataReader _symbols;
    private readonly string _project;
    private readonly Dictionary<TypeDefinitionHandle, string> _folders = [];
    private readonly HashSet<CompiledReference> _found = [];

    static CompiledReferences()
    {
        foreach (var field in typeof(OpCodes).GetFields())
        {
            var code = (OpCode)field.GetValue(null)!;
            (code.Size == 1 ? ShortCodes : LongCodes)[code.Value & 0xFF] = code;
        }
    }

    private CompiledReferences(MetadataReader metadata, MetadataReader symbols, string project) =>
        (_metadata, _symbols, _project) = (metadata, symbols, project);

    /// <summary>Reads an assembly.</summary>
    /// <param name="assembly">The path of the assembly; its portable PDB lies beside it.</param>
    /// <param name="project">The folder of its sources, such as <c>src/IO</c>.</param>
    public static IReadOnlyCollection<CompiledReference> Of(string assembly, string project)
    {
        using var image = new PEReader(File.OpenRead(assembly));
        using var pdb = MetadataReaderProvider.FromPortablePdbStream(File.OpenRead(Path.ChangeExtension(assembly, ".pdb")));
        var reader = new CompiledReferences(image.GetMetadataReader(), pdb.GetMetadataReader(), $"/{project}/");
        reader.FindFolders();
        reader.Read(image);
        return reader._found;
    }

    private void FindFolders()
    {
        foreach (var handle in _metadata.TypeDefinitions)
        {
            var outer = Outermost(handle);
            if (!_folders.ContainsKey(outer) && FolderOf(handle) is { } folder)
            {
                _folders[outer] = folder;
            }
        }
    }

    private string? FolderOf(TypeDefinitionHandle type)
    {
        var documents = _metadata.GetTypeDefinition(type).GetMethods()
            .Select(method => _symbols.GetMethodDebugInformation(method.ToDebugInformationHandle()).Document)
            .Where(document => !document.IsNil);
        foreach (var handle in _symbols.GetCustomDebugInformation(type))
        {
            var information = _symbols.GetCustomDebugInformation(handle);
            if (_symbols.GetGuid(information.Kind) == TypeDocuments)
            {
                var blob = _symbols.GetBlobReader(information.Value);
                List<DocumentHandle> listed = [];
                while (blob.RemainingBytes > 0)
                {
                    listed.Add(MetadataTokens.DocumentHandle(blob.ReadCompressedInteger()));
                }

                documents = documents.Concat(listed);
            }
        }

        return documents
            .Select(document => _symbols.GetString(_symbols.GetDocument(document).Name).Replace('\\', '/'))
            .Select(path => (Path: path, Start: path.LastIndexOf(_project, StringComparison.Ordinal)))
            .Where(found => found.Start >= 0 && !found.Path.Contains("/obj/", StringComparison.Ordinal))
            .Select(found => found.Path[(found.Start + _project.Length)..])
            .Select(path => path.Contains('/', StringComparison.Ordinal) ? path[..path.LastIndexOf('/')] : ".")
            .FirstOrDefault();
    }

    private void Read(PEReader image)
    {
        foreach (var handle in _metadata.TypeDefinitions)
        {
            if (!_folders.ContainsKey(Outermost(handle)))
            {
                continue;
            }

            var collector = new Collector(this, handle);
            var type = _metadata.GetTypeDefinition(handle);
            collector.Add(type.BaseType);
            foreach (var implemented in type.GetInterfaceImplementations())
            {
                collector.Add(_metadata.GetInterfaceImplementation(implemented).Interface);
            }

            collector.AddConstraints(type.GetGenericParameters());
            collector.AddAttributes(type.GetCustomAttributes());
            foreach (var field in type.GetFields().Select(_metadata.GetFieldDefinition))
            {
                field.DecodeSignature(collector, null);
                collector.AddAttributes(field.GetCustomAttributes());
            }

            foreach (var method in type.GetMethods().Select(_metadata.GetMethodDefinition))
            {
                method.DecodeSignature(collector, null);
                collector.AddConstraints(method.GetGenericParameters());
                collector.AddAttributes(method.GetCustomAttributes());
                if (method.RelativeVirtualAddress != 0)
                {
                    collector.AddBody(image.GetMethodBody(method.RelativeVirtualAddress));
                }
            }
        }
    }

    private TypeDefinitionHandle Outermost(TypeDefinitionHandle handle)
    {
        while (_metadata.GetTypeDefinition(handle).GetDeclaringType() is { IsNil: false } declaring)
        {
            handle = declaring;
        }

        return handle;
    }

    private string NameOf(TypeDefinitionHandle handle) => _metadata.GetString(_metadata.GetTypeDefinition(handle).Name);

    private void Add(TypeDefinitionHandle from, TypeDefinitionHandle to)
    {
        if (_folders.TryGetValue(Outermost(to), out var folder))
        {
            _found.Add(new CompiledReference(NameOf(Outermost(from)), NameOf(Outermost(to)), _folders[Outermost(from)], folder));
        }
    }

    private void Add(TypeDefinitionHandle from, TypeReference to)
    {
        var name = $"{_metadata.GetString(to.Namespace)}.{_metadata.GetString(to.Name)}";
        _found.Add(new CompiledReference(NameOf(Outermost(from)), name, _folders[Outermost(from)], ToFolder: null));
    }

    /// <summary>Collects the types that one type refers to.</summary>
    private sealed class Collector(CompiledReferences owner, TypeDefinitionHandle from) : ISignatureTypeProvider<int, object?>
    {
        private readonly MetadataReader _metadata = owner._metadata;

        public void Add(EntityHandle handle)
        {
            if (handle.IsNil)
            {
                return;
            }

            switch (handle.Kind)
            {
                case HandleKind.TypeDefinition:
                    owner.Add(from, (TypeDefinitionHandle)handle);
                    break;
                case HandleKind.TypeReference:
                    owner.Add(from, _metadata.GetTypeReference((TypeReferenceHandle)handle));
                    break;
                case HandleKind.TypeSpecification:
                    _metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(this, null);
                    break;
                case HandleKind.MethodDefinition:
                    Add(_metadata.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType());
                    break;
                case HandleKind.FieldDefinition:
                    Add(_metadata.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType());
                    break;
                case HandleKind.MemberReference:
                    Add(_metadata.GetMemberReference((MemberReferenceHandle)handle));
                    break;
                case HandleKind.MethodSpecification:
                    var method = _metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                    method.DecodeSignature(this, null);
                    Add(method.Method);
                    break;
                case HandleKind.StandaloneSignature:
                    _metadata.GetStandaloneSignature((StandaloneSignatureHandle)handle).DecodeMethodSignature(this, null);
                    break;
                default:
                    break;
            }
        }

        public void AddAttributes(CustomAttributeHandleCollection attributes)
        {
            foreach (var attribute in attributes)
            {
                Add(_metadata.GetCustomAttribute(attribute).Constructor);
            }
        }

        public void AddConstraints(GenericParameterHandleCollection parameters)
        {
            foreach (var constraint in parameters.SelectMany(parameter => _metadata.GetGenericParameter(parameter).GetConstraints()))
            {
                Add(_metadata.GetGenericParameterConstraint(constraint).Type);
            }
        }

        public void AddBody(MethodBodyBlock body)
        {
            if (!body.LocalSignature.IsNil)
            {
                _metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(this, null);
            }

            foreach (var region in body.ExceptionRegions)
            {
                Add(region.CatchType);
            }

            var code = body.GetILReader();
            while (code.RemainingBytes > 0)
            {
                var value = code.ReadByte();
                var operation = value == 0xFE ? LongCodes[code.ReadByte()] : ShortCodes[value];
                Skip(operation!.Value, ref code);
            }
        }

        private void Skip(OpCode operation, ref BlobReader code)
        {
            switch (operation.OperandType)
            {
                case OperandType.InlineType or OperandType.InlineField or OperandType.InlineMethod:
                case OperandType.InlineTok or OperandType.InlineSig:
                    Add(MetadataTokens.EntityHandle(code.ReadInt32()));
                    break;
                case OperandType.InlineSwitch:
                    var targets = code.ReadInt32();
                    code.Offset += 4 * targets;
                    break;
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    code.Offset += 1;
                    break;
                case OperandType.InlineVar:
                    code.Offset += 2;
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    code.Offset += 8;
                    break;
                default:
                    code.Offset += 4;
                    break;
            }
        }

        private void Add(MemberReference member)
        {
            Add(member.Parent);
            if (member.GetKind() == MemberReferenceKind.Method)
            {
                member.DecodeMethodSignature(this, null);
            }
            else
            {
                member.DecodeFieldSignature(this, null);
            }
        }

        int ISignatureTypeProvider<int, object?>.GetFunctionPointerType(MethodSignature<int> signature) => 0;

        int ISignatureTypeProvider<int, object?>.GetGenericMethodParameter(object? genericContext, int index) => 0;

        int ISignatureTypeProvider<int, object?>.GetGenericTypeParameter(object? genericContext, int index) => 0;

        int ISignatureTypeProvider<int, object?>.GetModifiedType(int modifier, int unmodifiedType, bool isRequired) => 0;

        int ISignatureTypeProvider<int, object?>.GetPinnedType(int elementType) => 0;

        int IConstructedTypeProvider<int>.GetArrayType(int elementType, ArrayShape shape) => 0;

        int IConstructedTypeProvider<int>.GetByReferenceType(int elementType) => 0;

        int IConstructedTypeProvider<int>.GetGenericInstantiation(int genericType, ImmutableArray<int> typeArguments) => 0;

        int IConstructedTypeProvider<int>.GetPointerType(int elementType) => 0;

        int ISZArrayTypeProvider<int>.GetSZArrayType(int elementType) => 0;

        int ISimpleTypeProvider<int>.GetPrimitiveType(PrimitiveTypeCode typeCode) => 0;

        int ISimpleTypeProvider<int>.GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
        {
            Add(handle);
            return 0;
        }

        int ISimpleTypeProvider<int>.GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
        {
            Add(handle);
            return 0;
        }

        int ISignatureTypeProvider<int, object?>.GetTypeFromSpecification(
            MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind)
        {
            Add(handle);
            return 0;
        }
    }
}
