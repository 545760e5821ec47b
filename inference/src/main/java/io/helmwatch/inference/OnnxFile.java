package io.helmwatch.inference;

import io.helmwatch.vision.TensorType;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an ONNX file says about itself: inputs, outputs and metadata, read without any inference library (onnx.proto3 of the
 * ONNX project, field numbers of IR version 10).
 *
 * @param path the file
 * @param sha256 digest of its bytes, lower-case hexadecimal
 * @param metadata custom metadata by key
 * @param inputs the graph's inputs without its weights
 * @param outputs the graph's outputs
 */
public record OnnxFile(Path path, String sha256, Map<String, String> metadata, List<Port> inputs, List<Port> outputs) {

    private static final int MAX_TEXT_BYTES = 1 << 24;

    /** Keeps its own copies. */
    public OnnxFile {
        metadata = Map.copyOf(metadata);
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    /**
     * An input or output.
     *
     * @param name its name in the graph
     * @param type FP32 or FP16; null for any other element type
     * @param dimensions declared sizes, -1 where dynamic; empty when the file declares no shape
     */
    public record Port(String name, @Nullable TensorType type, List<Long> dimensions) {

        /** Keeps its own copy. */
        public Port {
            dimensions = List.copyOf(dimensions);
        }
    }

    /**
     * Reads a file.
     *
     * @throws ModelException when it is missing, empty, unreadable or not ONNX
     */
    public static OnnxFile read(Path path) {
        if (!Files.isRegularFile(path)) {
            throw new ModelException("model " + path + ": expected an ONNX file, found "
                    + (Files.exists(path) ? "something that is not a file" : "nothing there"));
        }
        try {
            long length = Files.size(path);
            if (length == 0) {
                throw new ModelException("model " + path + ": expected an ONNX file, found an empty file");
            }
            Parser parser = new Parser();
            try (InputStream in = Files.newInputStream(path)) {
                parser.model(new ProtobufReader(in), length);
            } catch (EOFException e) {
                throw notOnnx(path, "a file that breaks off or holds something else", e);
            } catch (IOException e) {
                throw notOnnx(path, "something else (" + e.getMessage() + ")", e);
            }
            if (!parser.sawVersion || !parser.sawGraph) {
                throw notOnnx(path, "a file without a graph", null);
            }
            parser.inputs.removeIf(port -> parser.weights.contains(port.name()));
            return new OnnxFile(path, digest(path), parser.metadata, parser.inputs, parser.outputs);
        } catch (IOException e) {
            throw new ModelException("model " + path + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /** Reads an input or output from its own bytes. */
    static Port port(byte[] bytes) {
        try {
            return Parser.port(new ProtobufReader(new ByteArrayInputStream(bytes)), bytes.length);
        } catch (IOException e) {
            throw new ModelException("expected an input or output of an ONNX graph, found: " + e.getMessage(), e);
        }
    }

    private static ModelException notOnnx(Path path, String found, @Nullable Exception cause) {
        return new ModelException("model " + path + ": expected an ONNX file, found " + found, cause);
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

    /** Walks the messages; names of methods are those of the messages in onnx.proto3. */
    private static final class Parser {

        private final Map<String, String> metadata = new LinkedHashMap<>();
        private final List<Port> inputs = new ArrayList<>();
        private final List<Port> outputs = new ArrayList<>();
        private final Set<String> weights = new HashSet<>();
        private boolean sawVersion;
        private boolean sawGraph;

        void model(ProtobufReader in, long end) throws IOException {
            while (in.nextField(end)) {
                switch (in.field()) {
                    case 1 -> {
                        in.number();
                        sawVersion = true;
                    }
                    case 7 -> {
                        graph(in, in.message(end));
                        sawGraph = true;
                    }
                    case 14 -> entry(in, in.message(end));
                    default -> in.skip();
                }
            }
        }

        private void entry(ProtobufReader in, long end) throws IOException {
            String key = "";
            String value = "";
            while (in.nextField(end)) {
                switch (in.field()) {
                    case 1 -> key = in.text(MAX_TEXT_BYTES);
                    case 2 -> value = in.text(MAX_TEXT_BYTES);
                    default -> in.skip();
                }
            }
            metadata.put(key, value);
        }

        private void graph(ProtobufReader in, long end) throws IOException {
            while (in.nextField(end)) {
                switch (in.field()) {
                    case 5 -> weight(in, in.message(end));
                    case 11 -> inputs.add(port(in, in.message(end)));
                    case 12 -> outputs.add(port(in, in.message(end)));
                    default -> in.skip();
                }
            }
        }

        private void weight(ProtobufReader in, long end) throws IOException {
            while (in.nextField(end)) {
                if (in.field() == 8) {
                    weights.add(in.text(MAX_TEXT_BYTES));
                } else {
                    in.skip();
                }
            }
        }

        private static Port port(ProtobufReader in, long end) throws IOException {
            String name = "";
            long elementType = 0;
            List<Long> dimensions = new ArrayList<>();
            while (in.nextField(end)) {
                switch (in.field()) {
                    case 1 -> name = in.text(MAX_TEXT_BYTES);
                    case 2 -> {
                        long typeEnd = in.message(end);
                        while (in.nextField(typeEnd)) {
                            if (in.field() == 1) {
                                elementType = tensor(in, in.message(typeEnd), dimensions);
                            } else {
                                in.skip();
                            }
                        }
                    }
                    default -> in.skip();
                }
            }
            TensorType type = switch ((int) elementType) {
                case 1 -> TensorType.FP32;
                case 10 -> TensorType.FP16;
                default -> null;
            };
            return new Port(name, type, dimensions);
        }

        private static long tensor(ProtobufReader in, long end, List<Long> dimensions) throws IOException {
            long elementType = 0;
            while (in.nextField(end)) {
                switch (in.field()) {
                    case 1 -> elementType = in.number();
                    case 2 -> {
                        long shapeEnd = in.message(end);
                        while (in.nextField(shapeEnd)) {
                            if (in.field() == 1) {
                                dimensions.add(dimension(in, in.message(shapeEnd)));
                            } else {
                                in.skip();
                            }
                        }
                    }
                    default -> in.skip();
                }
            }
            return elementType;
        }

        private static long dimension(ProtobufReader in, long end) throws IOException {
            long size = -1;
            while (in.nextField(end)) {
                if (in.field() == 1) {
                    long value = in.number();
                    size = value > 0 ? value : -1;
                } else {
                    in.skip();
                }
            }
            return size;
        }
    }
}
