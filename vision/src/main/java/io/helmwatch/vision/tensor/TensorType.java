package io.helmwatch.vision.tensor;

/** Element type of a tensor. */
public enum TensorType {
    /** IEEE 754 binary32. */
    FP32(4),
    /** IEEE 754 binary16. */
    FP16(2);

    private final int bytes;

    TensorType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }
}
