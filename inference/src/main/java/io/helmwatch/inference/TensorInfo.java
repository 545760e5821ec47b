package io.helmwatch.inference;

import io.helmwatch.inference.proto.TensorProto.DataType;
import io.helmwatch.inference.proto.TensorShapeProto.Dimension;
import io.helmwatch.inference.proto.TypeProto;
import io.helmwatch.inference.proto.ValueInfoProto;
import io.helmwatch.vision.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An input or output as a model declares it.
 *
 * @param name its name in the graph
 * @param type FP32 or FP16; null for any other element type
 * @param dimensions declared sizes, -1 where dynamic; empty when the file declares no shape
 */
public record TensorInfo(String name, @Nullable TensorType type, List<Long> dimensions) {

    /** Keeps its own copy. */
    public TensorInfo {
        dimensions = List.copyOf(dimensions);
    }

    static TensorInfo of(ValueInfoProto declared) {
        TypeProto.Tensor tensor = declared.getType().getTensorType();
        List<Long> dimensions = new ArrayList<>();
        for (Dimension dimension : tensor.getShape().getDimList()) {
            dimensions.add(dimension.getDimValue() > 0 ? dimension.getDimValue() : -1);
        }
        TensorType type = switch (tensor.getElemType()) {
            case DataType.FLOAT_VALUE -> TensorType.FP32;
            case DataType.FLOAT16_VALUE -> TensorType.FP16;
            default -> null;
        };
        return new TensorInfo(declared.getName(), type, dimensions);
    }

    /** Whether the size of the batch, the first one, is dynamic. */
    public boolean hasDynamicBatch() {
        return !dimensions.isEmpty() && dimensions.get(0) < 0;
    }

    /** The name and the sizes, dynamic ones as {@code N} or {@code ?}. */
    String describe() {
        return name + " " + describe(dimensions);
    }

    static String describe(List<Long> dimensions) {
        if (dimensions.isEmpty()) {
            return "of unknown shape";
        }
        StringBuilder text = new StringBuilder("[");
        for (int i = 0; i < dimensions.size(); i++) {
            String dynamic = i == 0 ? "N" : "?";
            text.append(i == 0 ? "" : ", ").append(dimensions.get(i) < 0 ? dynamic : dimensions.get(i));
        }
        return text.append(']').toString();
    }
}
