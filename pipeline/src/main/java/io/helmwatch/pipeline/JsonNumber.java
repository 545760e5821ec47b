package io.helmwatch.pipeline;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/** JSON has no NaN and no infinities: what is not known is null. */
final class JsonNumber {
    private JsonNumber() {}

    static void write(JsonGenerator out, String name, double value) throws IOException {
        if (Double.isFinite(value)) {
            out.writeNumberField(name, value);
        } else {
            out.writeNullField(name);
        }
    }
}
