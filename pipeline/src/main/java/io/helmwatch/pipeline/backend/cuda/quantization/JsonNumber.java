package io.helmwatch.pipeline.backend.cuda.quantization;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/** JSON has no NaN and no infinities: what is not known is null. */
public final class JsonNumber {
    private JsonNumber() {}

    public static void write(JsonGenerator out, String name, double value) throws IOException {
        if (Double.isFinite(value)) {
            out.writeNumberField(name, value);
        } else {
            out.writeNullField(name);
        }
    }
}
