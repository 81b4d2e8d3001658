# patient
