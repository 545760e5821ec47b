package io.helmwatch.sinks.s3;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Stores clips and uploads them in a process of its own, until it is killed: arguments are the folder, the port, files, bytes and prefix. */
final class UploadProcess {
    private UploadProcess() {}

    public static void main(String[] args) throws Exception {
        Evidence evidence = new Evidence(Path.of(args[0]), args[4]);
        try (EvidenceUploads uploads = evidence.open(evidence.config(Integer.parseInt(args[1])))) {
            for (int number = 0; number < Integer.parseInt(args[2]); number++) {
                evidence.store(uploads, number, Integer.parseInt(args[3]));
            }
            TimeUnit.MINUTES.sleep(2);
        }
    }
}
