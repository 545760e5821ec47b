package io.helmwatch.inference;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import io.helmwatch.inference.proto.ModelSignatureProto;
import io.helmwatch.inference.proto.NodeOperatorProto;
import io.helmwatch.inference.proto.StringStringEntryProto;
import io.helmwatch.inference.proto.TensorNameProto;
import io.helmwatch.resource.FailureText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What an ONNX file declares: inputs, outputs and metadata. Weights are skipped, so that a model of any size takes little memory
 * here; {@link OnnxModel} reads all of it.
 *
 * @param path the file
 * @param sha256 digest of its bytes, lower-case hexadecimal
 * @param metadata custom metadata by key
 * @param inputs the graph's inputs without its weights
 * @param outputs the graph's outputs
 * @param storesInt8Weights whether weights are 8-bit integers that {@link OnnxModel} expands when it reads the file
 */
public record ModelFile(
        Path path,
        String sha256,
        Map<String, String> metadata,
        List<TensorInfo> inputs,
        List<TensorInfo> outputs,
        boolean storesInt8Weights) {

    private static final byte[] LFS_POINTER = "version https://git-lfs".getBytes(StandardCharsets.US_ASCII);

    private static final Parser<ModelSignatureProto> SIGNATURE =
            DiscardUnknownFieldsParser.wrap(ModelSignatureProto.parser());

    /** Keeps its own copies. */
    public ModelFile {
        metadata = Map.copyOf(metadata);
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    /**
     * Reads a file.
     *
     * @throws ModelException when it is missing, empty, unreadable or not ONNX
     */
    public static ModelFile read(Path path) {
        if (!Files.isRegularFile(path)) {
            throw notOnnx(path, Files.exists(path) ? "something that is not a file" : "nothing there", null);
        }
        try {
            if (Files.size(path) == 0) {
                throw notOnnx(path, "an empty file", null);
            }
            ModelSignatureProto model = signature(path);
            if (!model.hasIrVersion() || !model.hasGraph()) {
                throw notOnnx(path, "a file without a graph", null);
            }
            Set<String> weights = model.getGraph().getInitializerList().stream()
                    .map(TensorNameProto::getName)
                    .collect(Collectors.toSet());
            return new ModelFile(
                    path,
                    digest(path),
                    metadata(model.getMetadataPropsList()),
                    model.getGraph().getInputList().stream()
                            .filter(input -> !weights.contains(input.getName()))
                            .map(TensorInfo::of)
                            .toList(),
                    model.getGraph().getOutputList().stream()
                            .map(TensorInfo::of)
                            .toList(),
                    StoredWeights.among(model.getGraph().getNodeList().stream()
                            .map(NodeOperatorProto::getOpType)
                            .collect(Collectors.toSet())));
        } catch (IOException e) {
            throw new ModelException("model " + path + ": cannot be read: " + FailureText.of(e), e);
        }
    }

    private static ModelSignatureProto signature(Path path) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            return SIGNATURE.parseFrom(CodedInputStream.newInstance(in, 1 << 16));
        } catch (InvalidProtocolBufferException e) {
            throw unreadable(path, e);
        } catch (OutOfMemoryError e) {
            throw tooLarge(path, e);
        }
    }

    /** The file's name without its extension. */
    public String stem() {
        String name = String.valueOf(path.getFileName());
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    static Map<String, String> metadata(List<StringStringEntryProto> entries) {
        Map<String, String> metadata = new LinkedHashMap<>();
        entries.forEach(entry -> metadata.put(entry.getKey(), entry.getValue()));
        return metadata;
    }

    static ModelException notOnnx(Path path, String found, @Nullable Exception cause) {
        return new ModelException("model " + path + ": expected an ONNX file, found " + found, cause);
    }

    /** For a file that is no protobuf message. */
    static ModelException unreadable(Path path, InvalidProtocolBufferException cause) {
        boolean isPointer;
        try (InputStream in = Files.newInputStream(path)) {
            isPointer = Arrays.equals(in.readNBytes(LFS_POINTER.length), LFS_POINTER);
        } catch (IOException e) {
            isPointer = false;
        }
        return notOnnx(
                path,
                isPointer
                        ? "a pointer of Git LFS: fetch the file itself with 'git lfs pull'"
                        : "a truncated file or something else (" + cause.getMessage() + ")",
                cause);
    }

    static ModelException tooLarge(Path path, OutOfMemoryError cause) {
        return new ModelException(
                "model " + path + ": does not fit into the Java heap of "
                        + (Runtime.getRuntime().maxMemory() >> 20) + " MiB: raise -Xmx",
                cause);
    }

    private static String digest(Path path) throws IOException {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            try (InputStream in = new DigestInputStream(Files.newInputStream(path), sha)) {
                byte[] buffer = new byte[1 << 16];
                while (in.read(buffer) >= 0) {
                    // The stream updates the digest.
                }
            }
            return HexFormat.of().formatHex(sha.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
