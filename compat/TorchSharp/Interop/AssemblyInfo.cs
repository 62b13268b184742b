using System.Runtime.CompilerServices;

// Everything that crosses to the bridge is blittable, and every call fills what it reads.
[assembly: DisableRuntimeMarshalling]
[module: SkipLocalsInit]
