/** The states of a logged model, in words. */
export const MODEL_STATES: Record<string, string> = {
  LOGGED_MODEL_PENDING: "pending",
  LOGGED_MODEL_READY: "ready",
  LOGGED_MODEL_UPLOAD_FAILED: "upload failed",
};
